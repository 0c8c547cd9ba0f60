#include "session/receiver.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {
constexpr auto watch_period = milliseconds(250);
constexpr auto retry_delay = seconds(1);
// After the jitter buffer's latency, what is still being depayloaded and decoded.
constexpr auto drain_margin = milliseconds(50);
}  // namespace

Receiver::Receiver(EventLoop &loop, ReceiverSettings settings, Events &events,
                   std::shared_ptr<Reaper> reaper)
    : loop_(loop), settings_(std::move(settings)), events_(events), reaper_(std::move(reaper)) {}

Receiver::~Receiver() {
  close(next_, "");
  close(current_, "");
  if (connection_) connection_->signaler().stop();
}

Result<bool> Receiver::start() {
  auto opened = Connection::open(loop_, settings_.connection);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  connection_->ice()->on_trouble([this](const Error &error) { events_.receiver_warns(error); });
  Presence presence;
  presence.watches = true;
  connection_->signaler().start(*this, presence);
  watchdog_ = loop_.every(watch_period, [this] { watch(); });
  return true;
}

void Receiver::play(const Ref<GstClock> &clock, GstClockTime base_time) {
  clock_ = clock;
  base_time_ = base_time;
  look_for_stream();
}

void Receiver::ready(const IceServers &servers, const std::string &) {
  connection_->ice()->set_servers(servers);
  signaling_ = true;
  connection_->ready();
  events_.receiver_ready(connection_->page_url());
  // Who is there now and who is not any more comes right after this.
  loop_.post(if_alive(weak_from_this(), [](Receiver &self) { self.look_for_stream(); }));
}

void Receiver::ice_servers_changed(const IceServers &servers) {
  connection_->ice()->set_servers(servers);
}

bool Receiver::wanted(const PeerId &peer, const PeerInfo &info) const {
  if (!info.publishes) return false;
  if (!settings_.peer_id.empty()) return peer == settings_.peer_id;
  return settings_.stream.empty() ? !info.takes_calls : info.name == settings_.stream;
}

void Receiver::peer_joined(const PeerId &peer, const PeerInfo &info) {
  publishers_[peer] = info;
  if (current_ && orphaned_ && peer != next_peer_ && wanted(peer, info)) {
    // The publisher has come again: what was asked of its former self is void.
    give_up_replacement("");
    next_attempt_ = {};
    watch();
  }
  look_for_stream();
}

std::optional<PeerId> Receiver::find_publisher() const {
  for (const auto &[peer, info] : publishers_)
    if (wanted(peer, info)) return peer;
  return {};
}

void Receiver::look_for_stream() {
  if (!clock_ || !signaling_ || finished_ || current_ || !peer_.empty() || retry_.active()) return;
  if (const auto publisher = find_publisher()) {
    peer_ = *publisher;
    connection_->signaler().open(peer_);
  }
}

// A peer that calls us although we called it not: publishers of other software may.
void Receiver::session_requested(const SessionId &session, const PeerId &peer,
                                 SessionRequest request) {
  if (current_ || finished_ || !request.offer || !clock_)
    return connection_->signaler().send(session, Bye{"this peer does not take calls now"});
  peer_ = peer;
  current_ = make_reception(session, peer);
  if (current_) current_->received(*request.offer);
}

void Receiver::session_opened(const SessionId &session, const PeerId &peer) {
  if (!current_ && peer == peer_) {
    current_ = make_reception(session, peer);
  } else if (current_ && !next_ && peer == next_peer_) {
    begin_replacement(session, peer, "");
  } else {
    connection_->signaler().send(session, Bye{});
  }
}

Receiver::ReceptionPtr Receiver::make_reception(const SessionId &session, const PeerId &peer) {
  Session::Settings settings;
  settings.id = session;
  settings.ice = connection_->ice();
  settings.trickle = connection_->signaler().traits().trickle;
  settings.clock = clock_;
  settings.base_time = base_time_;
  auto made = Reception::create(loop_, reaper_, std::move(settings), settings_, weak_from_this());
  if (!made) {
    if (current_)
      events_.receiver_warns(made.error());
    else
      events_.receiver_failed(made.error());
    return nullptr;
  }
  events_.session_started(session, peer, (*made)->session().webrtcbin(), bool(current_));
  for (const auto &feed : feeds_) join(feed, **made, peer);
  (*made)->run();
  return *made;
}

void Receiver::received(const SessionId &session, Message message) {
  if (const auto *bye = std::get_if<Bye>(&message)) return said_goodbye(session, *bye);
  if (const auto *offer = std::get_if<Description>(&message);
      offer && !next_ && current_ && current_->id() == session && current_->is_replaced_by(*offer))
    begin_replacement(session, peer_, "the publisher made another connection");
  const auto keep = next_ && next_->id() == session ? next_ : current_;
  if (keep && keep->id() == session) keep->received(message);
}

void Receiver::said_goodbye(const SessionId &session, const Bye &bye) {
  if (next_ && next_->id() == session && (!current_ || current_->id() != session)) {
    RTC_INFO("%s: the replacement was given up: %s", session.c_str(), bye.reason.c_str());
    give_up_replacement("");
    return ended_ ? end("the publisher ended the stream") : void();
  }
  if (!current_ || current_->id() != session) return;
  // The publisher lets the broken session go, or its signaling did.
  const bool replaced = next_ && next_->id() != session;
  if (bye.lost || replaced) {
    orphaned_ = true;
    ended_ = replaced && !bye.lost;
    return;
  }
  if (current_->session().established())
    return end(bye.reason.empty() ? "the publisher ended the stream" : bye.reason);
  if (bye.reason.empty()) return restart("the publisher gave up the connection");
  close_session();
  events_.receiver_failed({Error::Kind::refused,
                           "The publisher turned this viewer away: " + bye.reason + ".",
                           bye.reason});
}

void Receiver::peer_left(const PeerId &peer, bool lost) {
  publishers_.erase(peer);
  if (peer == next_peer_ && peer != peer_) give_up_replacement("");
  if (peer != peer_ || orphaned_) return;
  if (current_ && current_->session().established()) {
    if (!lost) return end("the publisher left");
    orphaned_ = true;
    return;
  }
  close_session();
  look_for_stream();
}

void Receiver::lost(const Error &error) {
  signaling_ = false;
  server_ended_ = error.kind == Error::Kind::not_found;
  orphaned_ = bool(current_);
  if (!current_) peer_.clear();
  if (next_ && !next_->was_connected()) give_up_replacement("");
  connection_->lost();
  events_.receiver_lost(error);
}

void Receiver::failed(const Error &error) { events_.receiver_failed(error); }

void Receiver::refused(const Error &error) {
  RTC_WARNING("%s", error.message.c_str());
  if (!current_) restart(error.message);
}

void Receiver::reception_sends(Reception &reception, const Message &message) {
  connection_->signaler().send(reception.id(), message);
}

void Receiver::reception_changed(Reception &reception, Session::State state) {
  if (state != Session::State::failed) return;
  if (&reception == next_.get()) return give_up_replacement("the connection failed");
  if (&reception != current_.get()) return;
  reception.was_connected() ? watch() : restart("the connection failed");
}

void Receiver::reception_failed(Reception &reception, const Error &error) {
  if (&reception == next_.get()) {
    events_.receiver_warns(error);
    return give_up_replacement(error.message);
  }
  if (&reception != current_.get()) return;
  connection_->signaler().send(reception.id(), Bye{error.message});
  close_session();
  events_.receiver_failed(error);
}

void Receiver::reception_path_changed(Reception &reception, const SelectedPair &path) {
  events_.path_changed(reception.id(), path);
}

void Receiver::reception_tracks_changed(Reception &reception) {
  events_.tracks_changed(reception.tracks(), reception.announced());
}

void Receiver::reception_media(Reception &reception, const Track &track, const Ref<GstPad> &pad) {
  if (&reception == next_.get()) take_over();
  if (&reception == current_.get())
    events_.track_media(track, reception.session().pipeline(), pad, base_time_);
}

void Receiver::end(const std::string &reason) {
  if (drain_.active()) return;
  drain_ = loop_.after(milliseconds(settings_.latency) + drain_margin, [this, reason] {
    const auto id = current_ ? current_->id() : std::string();
    close_session();
    finished_ = !settings_.wait_for_return;
    events_.session_ended(id, reason, finished_);
    look_for_stream();
  });
}

void Receiver::leave() {
  if (std::exchange(finished_, true)) return;
  const auto id = current_ ? current_->id() : std::string();
  if (current_) connection_->signaler().send(id, Bye{});
  close_session();
  events_.session_ended(id, "left", true);
}

void Receiver::restart(const std::string &reason) {
  if (current_) {
    connection_->signaler().send(current_->id(), Bye{reason});
    events_.session_ended(current_->id(), reason, false);
  }
  close_session();
  retry_ = loop_.after(retry_delay, [this] {
    retry_.cancel();
    look_for_stream();
  });
}

void Receiver::close(ReceptionPtr &reception, const std::string &reason) {
  if (&reception == &next_) next_peer_.clear();
  if (!reception) return;
  const bool shared = current_ && next_ && current_->id() == next_->id();
  if (connection_ && !shared) connection_->signaler().send(reception->id(), Bye{reason});
  reception->close();
  // The caller may be a method of this session.
  loop_.post([kept = std::move(reception)] {});
  reception = nullptr;
}

void Receiver::close_session() {
  drain_.cancel();
  broken_since_.reset();
  ended_ = false;
  close(next_, "");
  peer_.clear();
  orphaned_ = false;
  if (!current_) return;
  current_->close();
  loop_.post([kept = std::move(current_)] {});
  current_ = nullptr;
  for (const auto &feed : feeds_) feed->forget(publisher_key);
}

void Receiver::get_stats(std::function<void(StructurePtr)> done) {
  auto collector = std::make_shared<StatsCollector>(std::move(done));
  if (!current_) return;
  auto &session = current_->session();
  StructurePtr entry(gst_structure_new("session", "peer", G_TYPE_STRING, peer_.c_str(), "connected",
                                       G_TYPE_BOOLEAN, session.state() == Session::State::connected,
                                       "healed", G_TYPE_UINT, healed_, nullptr));
  const auto parity = session.parity().counters();
  gst_structure_set(entry.get(), "fecPacketsReceived", G_TYPE_UINT64, guint64{parity.packets},
                    "packetsRecovered", G_TYPE_UINT64, guint64{parity.recovered}, nullptr);
  add_path(*entry, session.path());
  session.get_stats([collector, id = session.id(), entry = entry.release()](StructurePtr stats) {
    collector->add_session(id, StructurePtr(entry), std::move(stats));
  });
}

}  // namespace rtc
