#include "session/phone.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {
constexpr auto attempt_period = seconds(5);
constexpr auto attempt_deadline = seconds(15);
constexpr size_t most_early = 256;  // messages before a call is taken
constexpr auto over = "hung up";
}  // namespace

Phone::Phone(EventLoop &loop, PhoneSettings settings, Publisher::Events &events, Events &calls,
             std::shared_ptr<Reaper> reaper)
    : Publisher(loop, settings, events, std::move(reaper)),
      phone_(std::move(settings)),
      calls_(calls),
      wanted_(phone_.peer) {}

Phone::~Phone() {
  if (connection_) cancel_outgoing("");
}

void Phone::inputs_changed() {
  Publisher::inputs_changed();
  look_for_peer();
}

void Phone::finish() {
  hang_up("");
  Publisher::finish();
}

std::string Phone::name_of(const PeerId &peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() || found->second.name.empty() ? peer : found->second.name;
}

std::optional<PeerId> Phone::find(const std::string &name_or_id) const {
  for (const auto &[peer, info] : peers_)
    if (peer == name_or_id || info.name == name_or_id) return peer;
  return {};
}

// Its id is another one when its signaling was lost in the meantime.
bool Phone::is_other_side(const PeerId &peer) const {
  if (viewers_.empty()) return false;
  return viewers_.begin()->second.viewer->peer() == peer || name_of(peer) == other_side_;
}

void Phone::ready(const IceServers &servers, const std::string &name) {
  Publisher::ready(servers, name);
  signaling_ = true;
  if (!wanted_.empty() && phone_.patience.count() && !patience_.active())
    patience_ = loop_.after(phone_.patience, [this] { lose_patience(); });
  look_for_peer();
}

void Phone::lost(const Error &error) {
  signaling_ = false;
  if (outgoing_ && viewers_.empty()) wanted_ = name_of(outgoing_->peer);
  outgoing_.reset();
  if (const auto call = std::exchange(incoming_, std::nullopt))
    calls_.call_missed(call->session, name_of(call->peer), error.message);
  Publisher::lost(error);
}

void Phone::peer_joined(const PeerId &peer, const PeerInfo &info) {
  peers_[peer] = info;
  look_for_peer();
}

void Phone::peer_left(const PeerId &peer, bool lost) {
  const auto name = name_of(peer);
  peers_.erase(peer);
  if (incoming_ && incoming_->peer == peer) {
    calls_.call_missed(incoming_->session, name, "the caller left");
    incoming_.reset();
  }
  if (outgoing_ && outgoing_->peer == peer) {
    outgoing_.reset();
    if (viewers_.empty() && lost)
      wanted_ = name;  // it comes again under another id
    else if (viewers_.empty())
      give_up_calling({Error::Kind::not_found, name + " left before the call was taken.", "left"});
  }
  Publisher::peer_left(peer, lost);
  look_for_peer();
}

void Phone::look_for_peer() {
  if (!signaling_ || finished_ || !can_serve()) return;
  if (!wanted_.empty() && is_idle()) {
    if (const auto peer = find(wanted_)) ask(*peer);
    return;
  }
  // A call that outlived its signaling cannot be held or hung up without a new session.
  for (auto &[session, seat] : viewers_)
    if (seat.orphaned) return heal(session, seat, "the signaling was lost");
}

void Phone::ask(const PeerId &peer) {
  outgoing_ = Ringing{"", peer, {}};
  connection_->signaler().open(peer);
}

void Phone::session_opened(const SessionId &session, const PeerId &peer) {
  if (outgoing_ && outgoing_->session.empty() && outgoing_->peer == peer)
    outgoing_->session = session;
  else
    connection_->signaler().send(session, Bye{});
}

void Phone::refused(const Error &error) {
  Publisher::refused(error);
  if (!outgoing_ || !outgoing_->session.empty()) return;
  // It is not told what was refused: who is called may still be there.
  outgoing_.reset();
  again_ = loop_.after(attempt_period, [this] { look_for_peer(); });
}

void Phone::cancel_outgoing(const std::string &reason) {
  const auto call = std::exchange(outgoing_, std::nullopt);
  // What signaling has not made yet is declined when it comes.
  if (call && !call->session.empty()) connection_->signaler().send(call->session, Bye{reason});
}

void Phone::give_up_calling(const Error &error) {
  cancel_outgoing(error.message);
  wanted_.clear();
  patience_.cancel();
  calls_.call_failed(error);
}

void Phone::lose_patience() {
  const auto time = format("%g s", std::chrono::duration<double>(phone_.patience).count());
  if (outgoing_)
    return give_up_calling({Error::Kind::not_found,
                            name_of(outgoing_->peer) + " did not answer within " + time + ".",
                            "not answered"});
  std::vector<std::string> names;
  for (const auto &[peer, info] : peers_)
    if (info.takes_calls && !info.name.empty()) names.push_back(info.name);
  give_up_calling(
      {Error::Kind::not_found,
       format("Nobody named %s came within %s. Who can be called here: %s.", wanted_.c_str(),
              time.c_str(), names.empty() ? "nobody" : join(names, ", ").c_str()),
       "nobody there"});
}

Result<bool> Phone::call(const std::string &peer) {
  if (!is_idle() || !wanted_.empty())
    return Error{Error::Kind::refused, "There is a call already; hang up first.", "busy"};
  wanted_ = peer;
  if (phone_.patience.count())
    patience_ = loop_.after(phone_.patience, [this] { lose_patience(); });
  look_for_peer();
  return true;
}

void Phone::session_requested(const SessionId &session, const PeerId &peer, SessionRequest asked) {
  if (finished_) return turn_away(session, "this peer takes no more calls");
  if (!hung_up_on_.empty() && std::exchange(hung_up_on_, "") == name_of(peer))
    return turn_away(session, over);
  Request request;
  request.peer = peer;
  request.offer = std::move(asked.offer);
  request.takes_parity = asked.takes_parity;
  if (is_other_side(peer)) {
    drop_attempts();
    announce_healing("the other side calls again");
    return take(session, std::move(request));
  }
  if (outgoing_ && outgoing_->peer == peer) {
    // Both call at the same time. Both sides find the same of the two calls to go on.
    if (connection_->signaler().own_id() < peer) return turn_away(session, "");
    cancel_outgoing("");
    return take(session, std::move(request));
  }
  if (!is_idle()) return turn_away(session, "busy");
  incoming_ = Ringing{session, peer, std::move(request)};
  calls_.call_comes(session, name_of(peer));
  if (incoming_ && phone_.takes_calls_unasked) (void)accept(session);
}

void Phone::take(const SessionId &session, Request request) {
  other_side_ = name_of(request.peer);
  called_ = false;
  wanted_.clear();
  patience_.cancel();
  admit(session, std::move(request));
}

Result<bool> Phone::accept(const std::string &session) {
  if (!incoming_ || incoming_->session != session)
    return Error{Error::Kind::not_found, "There is no call to take; the caller may have given up.",
                 session};
  auto call = *std::exchange(incoming_, std::nullopt);
  take(call.session, std::move(call.request));
  return true;
}

Result<bool> Phone::reject(const std::string &session, const std::string &reason) {
  if (!incoming_ || incoming_->session != session)
    return Error{Error::Kind::not_found,
                 "There is no call to reject; the caller may have given up.", session};
  incoming_.reset();
  turn_away(session, reason);
  look_for_peer();
  return true;
}

void Phone::received(const SessionId &session, Message message) {
  const auto *bye = std::get_if<Bye>(&message);
  if (incoming_ && incoming_->session == session) {
    if (!bye) {
      auto &early = incoming_->request.early;
      if (early.size() < most_early) early.push_back(std::move(message));
      return;
    }
    const auto call = *std::exchange(incoming_, std::nullopt);
    calls_.call_missed(session, name_of(call.peer), "the caller gave up");
    return look_for_peer();
  }
  if (!outgoing_ || outgoing_->session != session)
    return Publisher::received(session, std::move(message));
  const auto peer = std::exchange(outgoing_, std::nullopt)->peer;
  if (bye) {
    if (!viewers_.empty() && bye->reason == over) return (void)hang_up("");
    // The path is broken, and there will be another attempt.
    if (!viewers_.empty()) return;
    return give_up_calling({Error::Kind::refused,
                            format("%s did not take the call: %s.", name_of(peer).c_str(),
                                   bye->reason.empty() ? "no reason given" : bye->reason.c_str()),
                            "turned away"});
  }
  // The call is taken.
  patience_.cancel();
  wanted_.clear();
  other_side_ = name_of(peer);
  called_ = true;
  const auto viewer = seat(session, peer, Glare::yield);
  // The application may have hung up.
  if (viewer && viewers_.count(session)) {
    viewer->await(inputs_, feeds_);
    viewer->received(message);
  } else if (viewers_.empty()) {
    calls_.call_failed({Error::Kind::failed, "The call could not be begun.", "no session"});
  }
}

bool Phone::hang_up(const std::string &reason) {
  const bool was_idle = is_idle() && wanted_.empty();
  wanted_.clear();
  patience_.cancel();
  cancel_outgoing(reason);
  if (incoming_) (void)reject(SessionId(incoming_->session), reason);
  for (const auto &[session, request] : std::exchange(waiting_, {})) turn_away(session, reason);
  for (const auto &[session, seat] : viewers_)
    if (seat.orphaned && !called_) hung_up_on_ = other_side_;
  while (!viewers_.empty()) remove(SessionId(viewers_.begin()->first), reason, true);
  return !was_idle;
}

std::vector<std::shared_ptr<Viewer>> Phone::viewers() const {
  std::vector<std::shared_ptr<Viewer>> result;
  for (const auto &[session, seat] : viewers_) result.push_back(seat.viewer);
  return result;
}

bool Phone::is_being_replaced() const {
  return std::any_of(viewers_.begin(), viewers_.end(), [](const auto &entry) {
    const auto &viewer = *entry.second.viewer;
    return !viewer.was_connected() && Clock::now() - viewer.since() < attempt_deadline;
  });
}

void Phone::drop_attempts() {
  for (const auto &viewer : viewers())
    if (!viewer->was_connected() && viewers_.size() > 1)
      remove(SessionId(viewer->id()), "another attempt takes its place", true);
}

void Phone::hold(bool held) {
  held_ = held;
  for (const auto &viewer : viewers()) viewer->hold(held);
}

void Phone::mute(MediaKind kind, bool muted) {
  if (muted)
    muted_.insert(kind);
  else
    muted_.erase(kind);
  for (const auto &viewer : viewers()) viewer->mute(kind, muted);
}

void Phone::viewer_made(Viewer &viewer) {
  viewer.hold(held_);
  for (const auto kind : muted_) viewer.mute(kind, true);
}

void Phone::viewer_connected(Viewer &viewer) {
  Publisher::viewer_connected(viewer);
  if (!viewers_.count(viewer.id())) return;
  if (const auto since = std::exchange(broken_since_, std::nullopt))
    events_.viewer_healed(viewer.id(), viewer.peer(),
                          std::chrono::duration_cast<milliseconds>(Clock::now() - *since));
  if (!std::exchange(started_, true)) calls_.call_started(viewer.id(), other_side_);
}

// A call that goes on is worth another attempt.
void Phone::viewer_failed(Viewer &viewer, const Error &error) {
  const auto found = viewers_.find(viewer.id());
  if (!called_ || found == viewers_.end() || !viewer.was_connected())
    return Publisher::viewer_failed(viewer, error);
  events_.publisher_warns(viewer.id(), error);
  viewer.mark_broken();
  heal(found->first, found->second, error.message);
}

void Phone::viewer_tracks_changed(Viewer &viewer) { calls_.call_tracks(viewer.received_tracks()); }

void Phone::viewer_media(Viewer &viewer, const ReceivedTrack &track, const Ref<GstPad> &pad) {
  calls_.call_media(track, viewer.session().pipeline(), pad, base_time_);
}

void Phone::announce_healing(const std::string &reason) {
  if (broken_since_ || viewers_.empty()) return;
  const auto &[session, seat] = *viewers_.begin();
  broken_since_ = seat.viewer->session().last_received();
  events_.viewer_healing(session, seat.viewer->peer(), reason, nullptr);
}

// Who called calls again; the other side waits for that.
void Phone::heal(const SessionId &, Seat &seat, const std::string &reason) {
  const auto now = Clock::now();
  const auto peer = find(other_side_);
  if (!called_ || !signaling_ || !peer || now < seat.next_attempt || is_being_replaced()) return;
  seat.next_attempt = now + attempt_period;
  announce_healing(reason);
  if (!seat.orphaned) seat.broken_since = broken_since_;
  cancel_outgoing("");
  ask(*peer);
}

// The sessions of the same call that broke.
void Phone::end_predecessors(const Viewer &viewer) {
  std::vector<SessionId> replaced;
  for (const auto &[session, seat] : viewers_)
    if (seat.viewer.get() != &viewer) replaced.push_back(session);
  for (const auto &session : replaced) {
    for (const auto &feed : feeds_) feed->succeed(session, viewer.id());
    remove(session, "the call goes on over another connection", true);
  }
}

// The path came back by itself.
void Phone::announce_healed(Viewer &viewer, Seat &seat) {
  broken_since_.reset();
  Publisher::announce_healed(viewer, seat);
}

void Phone::removed(const SessionId &session, const PeerId &peer, const std::string &reason) {
  Publisher::removed(session, peer, reason);
  if (!viewers_.empty()) return;
  cancel_outgoing("");
  started_ = called_ = false;
  broken_since_.reset();
  calls_.call_ended(session, std::exchange(other_side_, ""), reason);
}

}  // namespace rtc
