// How a Publisher notices that the path to a viewer is broken, and replaces the session: it offers
// another one in the same signaling session, while the broken one goes on sending.
#include "base/log.hpp"
#include "session/publisher.hpp"

namespace rtc {

namespace {
constexpr auto connect_deadline = seconds(30);
constexpr auto replacement_deadline = seconds(15);
constexpr auto attempt_period = seconds(5);
}  // namespace

void Publisher::watch() {
  watch_waiting();
  std::vector<SessionId> sessions;
  for (const auto &[session, seat] : viewers_) sessions.push_back(session);
  for (const auto &session : sessions) {
    const auto found = viewers_.find(session);
    if (found == viewers_.end()) continue;
    if (const char *reason = watch_seat(session, found->second)) remove(session, reason, true);
  }
}

// A recording may neither come nor fail.
void Publisher::watch_waiting() {
  std::vector<std::shared_ptr<Showing>> late;
  for (const auto &[session, request] : waiting_)
    if (clock_ && request.showing && Clock::now() - request.since > connect_deadline)
      late.push_back(request.showing);
  for (const auto &showing : late) {
    events_.publisher_warns("", {Error::Kind::failed,
                                 "A viewer waited 30 s in vain for its recording to begin; look "
                                 "whether playback-uri can be read.",
                                 "showing"});
    end_showing(*showing, "the recording does not begin");
  }
}

const char *Publisher::watch_seat(const SessionId &session, Seat &seat) {
  const auto now = Clock::now();
  const auto &viewer = *seat.viewer;
  if (!viewer.was_connected())
    return now - viewer.since() > connect_deadline ? "no connection was made within 30 s" : nullptr;
  if (seat.replacement && now - seat.replacement->since() > replacement_deadline)
    give_up_replacement(seat);
  const auto health = viewer.health(seat.orphaned);
  if (is_dead(health)) return "nothing was heard from the viewer for 30 s";
  if (is_broken(health))
    heal(session, seat, health.failed ? "the connection failed" : "the viewer is silent");
  else if (seat.broken_since && !seat.replacement)
    announce_healed(*seat.viewer, seat);
  return nullptr;
}

void Publisher::heal(const SessionId &session, Seat &seat, const std::string &reason) {
  const auto now = Clock::now();
  // Without signaling it is the viewer that comes again.
  if (seat.orphaned || seat.replacement || now < seat.next_attempt) return;
  seat.next_attempt = now + attempt_period;
  const auto peer = seat.viewer->peer();
  const auto inputs = inputs_of(seat.showing.get());
  auto made = make_viewer(session, peer, Glare::insist, inputs);
  if (!made) return events_.publisher_warns(session, made.error());
  if (!seat.broken_since) seat.broken_since = seat.viewer->session().last_received();
  const auto replacement = seat.replacement = *made;
  replacement->pause(seat.paused);
  if (seat.takes_parity) replacement->offer_parity();
  events_.viewer_healing(session, peer, reason, replacement->session().webrtcbin());
  // The application may have sent the viewer away.
  if (viewers_.count(session)) replacement->start(inputs, feeds_, {});
}

void Publisher::announce_healed(Viewer &viewer, Seat &seat) {
  const auto gap = Clock::now() - seat.broken_since.value_or(Clock::now());
  seat.broken_since.reset();
  events_.viewer_healed(viewer.id(), viewer.peer(), std::chrono::duration_cast<milliseconds>(gap));
}

void Publisher::take_over(Seat &seat) {
  retire(std::exchange(seat.viewer, std::exchange(seat.replacement, nullptr)));
  seat.healed++;
  announce_healed(*seat.viewer, seat);
}

void Publisher::give_up_replacement(Seat &seat) {
  retire(std::exchange(seat.replacement, nullptr));
  seat.viewer->resume_data();
}

// A viewer that found its path broken has come again by itself.
void Publisher::end_predecessors(const Viewer &viewer) {
  std::vector<SessionId> replaced;
  for (const auto &[session, seat] : viewers_)
    if (seat.viewer.get() != &viewer && seat.viewer->peer() == viewer.peer() &&
        Clock::now() - seat.viewer->session().last_received() > silence_of_an_orphan)
      replaced.push_back(session);
  for (const auto &session : replaced) {
    for (const auto &feed : feeds_) feed->succeed(session, viewer.id());
    remove(session, "the viewer connected anew", true);
  }
}

void Publisher::viewer_connected(Viewer &viewer) {
  const auto found = viewers_.find(viewer.id());
  if (found == viewers_.end()) return;
  if (found->second.replacement.get() == &viewer) return take_over(found->second);
  if (const auto &showing = found->second.showing) showing->begin(clock_, base_time_);
  adapt_rates();
  events_.viewer_started(viewer.id(), viewer.peer());
  end_predecessors(viewer);
}

void Publisher::viewer_broken(Viewer &viewer) {
  const auto found = viewers_.find(viewer.id());
  if (found != viewers_.end() && found->second.viewer.get() == &viewer)
    heal(found->first, found->second, "the connection failed");
}

void Publisher::viewer_failed(Viewer &viewer, const Error &error) {
  const auto found = viewers_.find(viewer.id());
  if (found == viewers_.end()) return;
  events_.publisher_warns(viewer.id(), error);
  // A replacement that came to nothing leaves the viewer as it is.
  if (found->second.replacement.get() == &viewer) return give_up_replacement(found->second);
  remove(SessionId(viewer.id()), error.message, true);
}

}  // namespace rtc
