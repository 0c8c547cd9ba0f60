// How a Receiver notices that its path is broken, and replaces the session.
#include "base/log.hpp"
#include "session/receiver.hpp"

namespace rtc {

namespace {
constexpr auto connect_deadline = seconds(30);
constexpr auto replacement_deadline = seconds(15);
// A replacement that is connected may wait this long for media before it takes over without.
constexpr auto media_deadline = seconds(3);
constexpr auto attempt_period = seconds(4);
// Without signaling nobody says goodbye. A server that ended took a publisher of its own process
// with it; a network that is away may come back; a publisher that lost its own returns soon.
constexpr auto silence_without_server = seconds(3);
constexpr auto silence_without_publisher = seconds(15);
constexpr auto silence_without_network = seconds(60);
}  // namespace

void Receiver::watch() {
  if (!current_ || drain_.active()) return;
  if (!current_->was_connected()) {
    if (Clock::now() - current_->since() > connect_deadline)
      restart("no connection was made within 30 s");
    return;
  }
  watch_replacement();
  const auto health = current_->health(orphaned_);
  if (!is_broken(health)) return recovered();
  const auto publisher = orphaned_ ? find_publisher() : std::optional(peer_);
  if (signaling_ && publisher)
    return heal(*publisher, health.failed ? "the connection failed" : "nothing is received");
  const auto limit = signaling_      ? silence_without_publisher
                     : server_ended_ ? silence_without_server
                                     : silence_without_network;
  if (health.silence > limit)
    end(signaling_ ? "the publisher is gone" : "the publisher and its server are gone");
}

void Receiver::announce_healing(const std::string &reason) {
  if (broken_since_) return;
  broken_since_ = current_->session().last_received();
  events_.healing(current_->id(), reason);
}

// The path came back by itself.
void Receiver::recovered() {
  if (!broken_since_ || next_) return;
  events_.healed(current_->id(), std::chrono::duration_cast<milliseconds>(
                                     Clock::now() - *std::exchange(broken_since_, std::nullopt)));
}

void Receiver::heal(const PeerId &publisher, const std::string &reason) {
  const auto now = Clock::now();
  if (next_ || now < next_attempt_) return;
  next_attempt_ = now + attempt_period;
  announce_healing(reason);
  next_peer_ = publisher;
  connection_->signaler().open(publisher);
}

void Receiver::begin_replacement(const SessionId &session, const PeerId &peer,
                                 const std::string &reason) {
  announce_healing(reason);
  next_peer_ = peer;
  next_ = make_reception(session, peer);
}

void Receiver::watch_replacement() {
  if (!next_) return;
  const auto age = Clock::now() - next_->since();
  if (next_->was_connected() && age > media_deadline && is_broken(current_->health(orphaned_)))
    take_over();
  else if (age > replacement_deadline)
    give_up_replacement("no connection was made in time");
}

void Receiver::take_over() {
  const auto old = current_;
  const auto heard = broken_since_.value_or(old->session().last_received());
  if (old->id() != next_->id()) connection_->signaler().send(old->id(), Bye{});
  old->close();
  current_ = std::exchange(next_, nullptr);
  peer_ = std::exchange(next_peer_, PeerId());
  orphaned_ = ended_ = false;
  healed_++;
  broken_since_.reset();
  events_.healed(current_->id(), std::chrono::duration_cast<milliseconds>(Clock::now() - heard));
  // The caller may be a method of the old session.
  loop_.post([old] {});
}

}  // namespace rtc
