// What a Publisher shows to single peers (showing.hpp), and to how many.
#include <set>

#include "base/text.hpp"
#include "session/publisher.hpp"

namespace rtc {

std::shared_ptr<Showing> Publisher::showing(const PeerId &peer) const {
  for (const auto &[session, request] : waiting_)
    if (request.peer == peer) return request.showing;
  for (const auto &[session, seat] : viewers_)
    if (seat.viewer->peer() == peer) return seat.showing;
  return nullptr;
}

size_t Publisher::showings() const {
  std::set<const Showing *> all;
  for (const auto &[session, request] : waiting_) all.insert(request.showing.get());
  for (const auto &[session, seat] : viewers_) all.insert(seat.showing.get());
  all.erase(nullptr);
  return all.size();
}

Result<std::shared_ptr<Showing>> Publisher::find_showing(const SessionId &session,
                                                         const PeerId &peer) {
  if (!settings_.max_showings) return std::shared_ptr<Showing>();
  if (auto found = showing(peer)) return found;
  if (showings() >= settings_.max_showings)
    return Error{Error::Kind::refused,
                 format("every viewer has the recording to itself here, and there are %u, the most "
                        "there may be: come again when one of them has left, or raise max-private "
                        "at the publisher",
                        settings_.max_showings),
                 "max-private"};
  return events_.showing_wanted(session, peer);
}

void Publisher::end_showing(const Showing &showing, const std::string &reason) {
  std::vector<SessionId> refused, ended;
  for (const auto &[session, request] : waiting_)
    if (request.showing.get() == &showing) refused.push_back(session);
  for (const auto &[session, seat] : viewers_)
    if (seat.showing.get() == &showing) ended.push_back(session);
  for (const auto &session : refused) {
    waiting_.erase(session);
    turn_away(session, reason);
  }
  for (const auto &session : ended) remove(session, reason, true);
}

std::shared_ptr<Showing> Publisher::showing_of(const SessionId &session) const {
  const auto found = viewers_.find(session);
  return found == viewers_.end() ? nullptr : found->second.showing;
}

const Viewer::Inputs &Publisher::inputs_of(const Showing *showing) const {
  return showing ? showing->inputs() : inputs_;
}

Viewer::Inputs Publisher::all_inputs() const {
  auto inputs = inputs_;
  std::set<const Showing *> added;
  for (const auto &[session, seat] : viewers_)
    if (seat.showing && added.insert(seat.showing.get()).second)
      inputs.insert(inputs.end(), seat.showing->inputs().begin(), seat.showing->inputs().end());
  return inputs;
}

}  // namespace rtc
