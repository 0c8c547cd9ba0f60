#include "server/server.hpp"

#include <unordered_map>

#include "base/log.hpp"
#include "base/redact.hpp"
#include "net/http_server.hpp"
#include "server/metrics.hpp"
#include "server/pages.hpp"
#include "server/rooms.hpp"

namespace rtc {

namespace {

constexpr size_t max_room_name = 128;
const std::string default_room = "default";
const std::string rooms_path = "/ws/";

HttpResponse plain(unsigned status, const std::string &text) {
  return {status,
          "text/plain; charset=utf-8",
          text + "\n",
          {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}}};
}

std::string decoded(const std::string &text) {
  const CharPtr out(g_uri_unescape_string(text.c_str(), nullptr));
  return out ? out.get() : "";
}

std::string token_of(const HttpRequest &request) {
  constexpr std::string_view bearer = "bearer ";
  if (iequals(std::string_view(request.authorization).substr(0, bearer.size()), bearer))
    return request.authorization.substr(bearer.size());
  for (const auto &part : split(request.query, '&'))
    if (part.starts_with("token=")) return decoded(part.substr(6));
  return {};
}

// The room of a path; empty where it names none.
std::string room_of(const HttpRequest &request) {
  if (request.path == "/") return default_room;
  return request.path.starts_with(rooms_path) ? decoded(request.path.substr(rooms_path.size()))
                                              : "";
}

}  // namespace

class Server::Impl : public HttpServer::Handler {
 public:
  Impl(EventLoop &loop, ServerSettings settings) : loop_(loop), settings_(std::move(settings)) {}
  ~Impl() override {
    http_.reset();
    loopback_.reset();
    peers_.clear();
  }

  Result<bool> listen() {
    auto http =
        HttpServer::start({settings_.listen, settings_.tls_certificate, settings_.tls_key}, *this);
    if (!http) return http.error();
    http_ = std::move(*http);
    if (!http_->tls() || !settings_.plain_loopback) return true;
    auto loopback = HttpServer::start({"127.0.0.1:0", "", ""}, *this);
    if (!loopback) return loopback.error();
    loopback_ = std::move(*loopback);
    return true;
  }

  const HttpServer &http() const { return *http_; }
  const HttpServer &for_this_machine() const { return loopback_ ? *loopback_ : *http_; }
  HttpResponse respond(const HttpRequest &request) override;
  void upgraded(const HttpRequest &request, OpenStream stream) override;

 private:
  struct Peer;

  HttpResponse page(const HttpRequest &request);
  HttpResponse health(const HttpRequest &);
  HttpResponse metrics(const HttpRequest &);
  HttpResponse room(const HttpRequest &request);
  bool may_enter(const HttpRequest &request) const;
  void deliver(Rooms::Outbox out);
  void received(const std::string &peer, std::string_view text);
  void received_binary(const std::string &peer);
  void gone(const std::string &peer, bool lost, const std::string &why);
  rooms::IceOffer ice_for(const std::string &peer) const;

  EventLoop &loop_;
  ServerSettings settings_;
  Pages pages_;
  Rooms rooms_{Rooms::Settings{[this](const std::string &peer) { return ice_for(peer); }}};
  uint64_t refused_ = 0;
  std::unordered_map<std::string, std::unique_ptr<Peer>> peers_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<HttpServer> loopback_;
};

// A connection of the rooms protocol. It may be gone when a call to the server returns.
struct Server::Impl::Peer : WebSocket::Listener {
  Peer(Impl &s, std::string i) : server(s), id(std::move(i)) {}
  void text(std::string_view text) override { server.received(std::string(id), text); }
  void binary() override { server.received_binary(std::string(id)); }
  void closed(unsigned code, const std::string &why) override {
    server.gone(std::string(id), code == ws_abnormal, why);
  }

  Impl &server;
  std::string id;
  std::unique_ptr<WebSocket> socket;
};

HttpResponse Server::Impl::respond(const HttpRequest &request) {
  using Answer = HttpResponse (Impl::*)(const HttpRequest &);
  static const struct {
    const char *path;
    bool below;  // and all paths that begin with it
    bool token;
    Answer answer;
  } routes[] = {
      {"/healthz", false, false, &Impl::health},
      {"/metrics", false, true, &Impl::metrics},
      {"/ws/", true, true, &Impl::room},
      {"/", true, false, &Impl::page},
  };
  for (const auto &route : routes) {
    if (route.below ? !request.path.starts_with(route.path) : request.path != route.path) continue;
    if (request.method != "GET" && request.method != "HEAD") {
      auto response = plain(405, "Only GET is understood here.");
      response.headers.emplace_back("Allow", "GET, HEAD");
      return response;
    }
    const bool socket = request.upgrade && request.path == "/";
    if ((route.token || socket) && !may_enter(request)) {
      refused_++;
      auto response = plain(401, "A token is needed: Authorization: Bearer <token>, or ?token=.");
      response.headers.emplace_back("WWW-Authenticate", "Bearer");
      return response;
    }
    return socket ? room(request) : (this->*route.answer)(request);
  }
  return plain(404, "There is nothing at this path.");
}

bool Server::Impl::may_enter(const HttpRequest &request) const {
  return settings_.token.empty() || equal_secret(token_of(request), settings_.token);
}

HttpResponse Server::Impl::page(const HttpRequest &request) {
  if (auto file = pages_.get(request.path, request.if_none_match)) return *file;
  return plain(404, "There is nothing at this path.");
}

HttpResponse Server::Impl::health(const HttpRequest &) {
  auto response = plain(200, "ok");
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  return response;
}

HttpResponse Server::Impl::metrics(const HttpRequest &) {
  auto response = plain(200, "");
  response.type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_text(rooms_.counts(), refused_);
  return response;
}

HttpResponse Server::Impl::room(const HttpRequest &request) {
  const auto room = room_of(request);
  if (room.empty()) return plain(404, "A room needs a name: /ws/<room>.");
  if (room.size() > max_room_name || !g_utf8_validate(room.c_str(), -1, nullptr))
    return plain(400,
                 format("The name of a room is UTF-8 text of at most %zu bytes.", max_room_name));
  if (!request.upgrade) {
    auto response = plain(426, "This is a room; connect to it with a WebSocket.");
    response.headers.emplace_back("Upgrade", "websocket");
    return response;
  }
  if (peers_.size() >= settings_.max_peers) {
    refused_++;
    auto response = plain(503, "The server is full.");
    response.headers.emplace_back("Retry-After", "5");
    return response;
  }
  return {101, {}, {}, {}};
}

void Server::Impl::upgraded(const HttpRequest &request, OpenStream stream) {
  Rooms::Outbox out;
  const auto id = rooms_.connect(room_of(request), out);
  auto &peer = peers_[id] = std::make_unique<Peer>(*this, id);
  peer->socket = std::make_unique<WebSocket>(
      loop_, std::move(stream), WebSocket::Role::server,
      WebSocket::Limits{settings_.max_message_size, settings_.max_queue_size,
                        settings_.ping_interval, 3 * settings_.ping_interval},
      *peer);
  RTC_INFO("peer %s entered room %s", id.c_str(), room_of(request).c_str());
  deliver(std::move(out));
}

void Server::Impl::received(const std::string &peer, std::string_view text) {
  RTC_TRACE("from %s: %s", peer.c_str(), redact(text).c_str());
  Rooms::Outbox out;
  rooms_.message(peer, text, out);
  deliver(std::move(out));
}

void Server::Impl::received_binary(const std::string &peer) {
  Rooms::Outbox out;
  rooms_.refuse(peer, "binary frames are not understood; send JSON as text frames", out);
  deliver(std::move(out));
}

rooms::IceOffer Server::Impl::ice_for(const std::string &peer) const {
  rooms::IceOffer offer{settings_.ice_servers, 0, {}};
  const auto now = g_get_real_time() / G_USEC_PER_SEC;
  if (add_turn_credentials(offer.servers, settings_.turn, peer, now))
    offer.lifetime = settings_.turn.ttl.count();
  return offer;
}

void Server::Impl::gone(const std::string &peer, bool lost, const std::string &why) {
  RTC_INFO("peer %s is %s: %s", peer.c_str(), lost ? "lost" : "gone", redact(why).c_str());
  peers_.erase(peer);
  Rooms::Outbox out;
  rooms_.disconnect(peer, lost, out);
  deliver(std::move(out));
}

void Server::Impl::deliver(Rooms::Outbox out) {
  for (const auto &message : out) {
    const auto found = peers_.find(message.peer);
    if (found == peers_.end()) continue;
    if (message.close) {
      found->second->socket->close(ws_policy, "the same publisher has connected again");
      peers_.erase(found);
      continue;
    }
    RTC_TRACE("to %s: %s", message.peer.c_str(), redact(message.text).c_str());
    found->second->socket->send(message.text);
  }
}

Result<std::unique_ptr<Server>> Server::start(EventLoop &loop, ServerSettings settings) {
  init_log();
  auto impl = std::make_unique<Impl>(loop, std::move(settings));
  if (auto listening = impl->listen(); !listening) return listening.error();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

std::string Server::page_url() const {
  const auto &http = impl_->http();
  return format("%s://%s:%u/", http.tls() ? "https" : "http", http.host().c_str(), http.port());
}

std::string Server::signaling_url() const {
  const auto &http = impl_->for_this_machine();
  return format("%s://%s:%u/", http.tls() ? "wss" : "ws", http.host().c_str(), http.port());
}

unsigned Server::port() const { return impl_->http().port(); }

}  // namespace rtc
