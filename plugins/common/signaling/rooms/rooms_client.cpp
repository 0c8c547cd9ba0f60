#include "signaling/rooms/rooms_client.hpp"

#include <algorithm>
#include <charconv>

#include "base/log.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {

using namespace std::chrono_literals;

constexpr auto welcome_time = 10s;
// A path that is gone is noticed by the system (WsClient), a server that hangs by its silence. Ours
// pings us as often, so that we seldom do: every ping wakes a server with a thousand of us.
constexpr WebSocket::Limits limits{16 * 1024 * 1024, 16 * 1024 * 1024, 30s, 60s};
// A server may say anything: credentials are renewed neither all the time nor never.
constexpr long shortest_lifetime = 2, longest_lifetime = 7 * 24 * 3600;

// Browsers may name the media section only; ours and gst-plugins-rs' sections are named by number.
unsigned mline_of(const Candidate &candidate) {
  unsigned mline = 0;
  const auto &mid = candidate.mid;
  std::from_chars(mid.data(), mid.data() + mid.size(), mline);
  return mline;
}

}  // namespace

RoomsClient::RoomsClient(EventLoop &loop, WsClientSettings settings)
    : loop_(loop), settings_(std::move(settings)), instance_(random_id()), backoff_(100ms, 2s) {
  init_log();
}

RoomsClient::~RoomsClient() { stop(); }

template <typename F>
bool RoomsClient::tell(F call) {
  const std::weak_ptr<void> running = running_;
  if (!listener_) return false;
  call(*listener_);
  return !running.expired();
}

void RoomsClient::start(Signaler::Listener &listener, const Presence &presence) {
  stop();
  listener_ = &listener;
  presence_ = presence;
  running_ = std::make_shared<int>();
  connect();
}

void RoomsClient::stop() {
  listener_ = nullptr;
  running_.reset();
  timer_.cancel();
  renewal_.cancel();
  connecting_.reset();
  if (socket_) socket_->close(ws_normal, "");
  socket_.reset();
  backoff_.reset();
  was_ready_ = told_lost_ = told_ended_ = ready_ = false;
  sessions_.clear();
  peers_.clear();
}

void RoomsClient::connect() {
  connecting_ = std::make_unique<WsClient>(
      loop_, settings_, [this](Result<OpenStream> stream) { connected(std::move(stream)); });
}

void RoomsClient::connected(Result<OpenStream> stream) {
  connecting_.reset();
  if (!stream) {
    const auto kind = stream.error().kind;
    const bool passing = kind == Error::Kind::not_found || kind == Error::Kind::failed;
    // A server that comes back may answer anything for a moment, but not another token.
    if (passing || (was_ready_ && kind != Error::Kind::refused)) return retry(stream.error());
    return give_up(stream.error());
  }
  id_.clear();
  name_.clear();
  ready_ = false;
  sessions_.clear();
  socket_ = std::make_unique<WebSocket>(loop_, std::move(*stream), WebSocket::Role::client, limits,
                                        static_cast<WebSocket::Listener &>(*this));
  socket_->send(write(rooms::SetProtocolVersion{rooms::Version::v1_1}));
  timer_ = loop_.after(welcome_time, [this] { closed(ws_abnormal, "no welcome came"); });
}

void RoomsClient::give_up(const Error &error) {
  auto *listener = listener_;
  stop();
  if (listener) listener->failed(error);
}

void RoomsClient::retry(const Error &error) {
  RTC_INFO("signaling: %s (%s)", error.message.c_str(), error.detail.c_str());
  timer_ = loop_.after(backoff_.next(g_random_double()), [this] { connect(); });
  const bool ended = error.kind == Error::Kind::not_found;
  const bool news = !told_lost_ || (ended && !told_ended_);
  told_lost_ = true;
  told_ended_ |= ended;
  if (news) tell([&](auto &listener) { listener.lost(error); });
}

void RoomsClient::closed(unsigned code, const std::string &why) {
  const bool welcomed = !id_.empty();
  socket_.reset();
  renewal_.cancel();
  ready_ = false;
  sessions_.clear();
  if (!welcomed && !was_ready_)
    return give_up({Error::Kind::settings,
                    "The server at " + redact(settings_.uri) +
                        " does not speak the rooms protocol; check the address.",
                    redact(why)});
  retry({code == ws_abnormal ? Error::Kind::failed : Error::Kind::not_found,
         "The connection to the signaling server was lost; connecting again.", redact(why)});
}

void RoomsClient::open(const PeerId &peer) {
  if (socket_ && ready_) socket_->send(write(rooms::StartSession{peer, {}, {}, true}));
}

void RoomsClient::send(const SessionId &session, const Message &message) {
  // Sessions do not outlive their connection on the server: what belongs to an older one is void.
  if (!socket_ || !sessions_.contains(session)) return;
  if (const auto *bye = std::get_if<Bye>(&message)) {
    const auto version = bye->reason.empty() ? rooms::Version::v1_0 : rooms::Version::v1_1;
    sessions_.erase(session);
    return socket_->send(write(rooms::EndSession{session, bye->reason}, version));
  }
  socket_->send(write(rooms::PeerMessage{session, rooms::peer_member(message), {}}));
}

void RoomsClient::text(std::string_view text) {
  RTC_TRACE("signaling: %s", redact(text).c_str());
  auto event = rooms::read_event(text);
  if (!event) {
    RTC_WARNING("signaling: ignoring a message: %s", redact(event.error().message).c_str());
    return;
  }
  std::visit([this](const auto &e) { handle(e); }, *event);
}

void RoomsClient::handle(const rooms::Welcome &event) {
  timer_.cancel();
  id_ = event.peer;
  take(event.ice);
  name_ = presence_.name;
  rooms::PeerStatus status;
  status.peer = id_;
  status.roles = {presence_.publishes, presence_.watches, false};
  if (!presence_.name.empty())
    status.meta =
        rooms::set_meta_name(presence_.takes_calls ? R"({"call":true})" : "{}", presence_.name);
  status.instance = instance_;
  status.unique_name = presence_.publishes && !presence_.name_is_fixed;
  socket_->send(rooms::write_set_peer_status(status));
  // Its answer also shows that the status was taken: not every server confirms that.
  socket_->send(write(rooms::ListRequest{}));
}

void RoomsClient::take(const rooms::IceOffer &ice) {
  for (const auto &problem : ice.problems)
    RTC_WARNING("signaling: an ICE server is left out: %s", problem.message.c_str());
  servers_ = ice.servers;
  renewal_.cancel();
  if (!ice.lifetime) return;
  const seconds lifetime(std::clamp(ice.lifetime, shortest_lifetime, longest_lifetime));
  renewal_ = loop_.after(lifetime * 3 / 4, [this] {
    if (socket_) socket_->send(write(rooms::IceRequest{}));
  });
}

void RoomsClient::handle(const rooms::IceOffer &event) {
  take(event);
  if (ready_) tell([&, servers = servers_](auto &l) { l.ice_servers_changed(servers); });
}

void RoomsClient::handle(const rooms::PeerStatus &event) {
  if (event.peer == id_) {
    if (!event.name.empty()) name_ = event.name;
  } else if (ready_ && presence_.watches) {
    seen(event.peer, {event.name, event.roles.producer, event.calls}, event.lost);
  }
}

void RoomsClient::seen(const PeerId &peer, const PeerInfo &info, bool lost) {
  const auto known = peers_.find(peer);
  if (!info.publishes) {
    if (known == peers_.end()) return;
    peers_.erase(known);
    tell([&](auto &listener) { listener.peer_left(peer, lost); });
  } else if (known == peers_.end() || known->second != info) {
    peers_[peer] = info;
    tell([&](auto &listener) { listener.peer_joined(peer, info); });
  }
}

bool RoomsClient::become_ready() {
  ready_ = was_ready_ = true;
  told_lost_ = told_ended_ = false;
  backoff_.reset();
  return tell([&, servers = servers_, name = name_](auto &l) { l.ready(servers, name); });
}

void RoomsClient::handle(const rooms::PeerList &event) {
  if (event.consumers) return;
  const std::weak_ptr<void> running = running_;
  if (!ready_ && !id_.empty() && !become_ready()) return;
  if (!ready_ || !presence_.watches) return;
  std::set<PeerId> listed;
  for (const auto &peer : event.peers) listed.insert(peer.peer);
  for (const auto &[peer, info] : std::map(peers_)) {
    if (listed.contains(peer)) continue;
    seen(peer, {}, true);  // while we were away: nobody says how
    if (running.expired()) return;
  }
  for (const auto &peer : event.peers) {
    if (peer.peer == id_) continue;
    seen(peer.peer, {peer.name, true, peer.calls}, false);
    if (running.expired()) return;
  }
}

void RoomsClient::handle(const rooms::StartSession &event) {
  sessions_.insert(event.session);
  SessionRequest request{{}, event.takes_parity};
  if (event.offer) request.offer = Description{Description::Type::offer, *event.offer};
  tell([&](auto &l) { l.session_requested(event.session, event.peer, request); });
}

void RoomsClient::handle(const rooms::SessionStarted &event) {
  sessions_.insert(event.session);
  tell([&](auto &l) { l.session_opened(event.session, event.peer); });
}

void RoomsClient::handle(const rooms::EndSession &event) {
  if (!sessions_.erase(event.session)) return;
  tell([&](auto &l) { l.received(event.session, Bye{event.error, event.lost}); });
}

void RoomsClient::handle(const rooms::PeerMessage &event) {
  if (!sessions_.contains(event.session)) return;
  auto message = event.message;
  if (auto *candidate = std::get_if<Candidate>(&message))
    if (candidate->mline == rooms::unknown_mline) candidate->mline = mline_of(*candidate);
  tell([&](auto &l) { l.received(event.session, std::move(message)); });
}

void RoomsClient::handle(const rooms::Refusal &event) {
  const auto details = redact(event.details);
  if (event.code == rooms::name_taken)
    return give_up({Error::Kind::refused,
                    "The stream name \"" + presence_.name +
                        "\" is taken by another publisher in this room; choose another with "
                        "\"stream\".",
                    details});
  tell([&](auto &l) {
    l.refused(
        {Error::Kind::refused, "The signaling server refused a request: " + details, details});
  });
}

}  // namespace rtc
