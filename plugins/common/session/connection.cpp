#include "session/connection.hpp"

namespace rtc {

Result<std::unique_ptr<Connection>> Connection::open(EventLoop &loop,
                                                     const ConnectionSettings &settings) {
  if (!settings.uri.empty() && !settings.listen.empty())
    return Error{Error::Kind::settings,
                 "Both uri and listen are set; set uri to join a server or listen to be one.",
                 "uri and listen"};
  auto connection = std::make_unique<Connection>();
  auto ice_settings = parse_ice_options(settings);
  if (!ice_settings) return ice_settings.error();
  auto ice = IceContext::create(loop, *ice_settings, settings.tls_ca_file);
  if (!ice) return ice.error();
  connection->ice_ = *ice;
  SignalerSettings to{settings.uri, settings.token, settings.tls_ca_file};
  if (settings.uri.empty()) {
    ServerSettings server;
    server.listen = settings.listen;
    server.token = settings.token;
    server.tls_certificate = settings.tls_certificate;
    server.tls_key = settings.tls_key;
    server.plain_loopback = true;
    server.ice_servers = ice_settings->servers;
    connection->host_ = std::make_unique<Host>(loop, server);
    if (const auto opened = connection->host_->open(); !opened) return opened.error();
    to.uri = connection->host_->signaling_url();
  }
  connection->uri_ = settings.uri;
  auto signaler = make_signaler(loop, to);
  if (!signaler) return signaler.error();
  connection->signaler_ = std::move(*signaler);
  return connection;
}

std::string Connection::page_url() const {
  if (host_) return host_->page_url();
  // ws://host/room -> http://host/?room=room
  auto url = uri_.starts_with("rtc+") ? uri_.substr(4) : uri_;
  if (url.starts_with("ws")) url.replace(0, 2, "http");
  const auto path = url.find('/', url.find("://") + 3);
  if (path == std::string::npos) return url + "/";
  auto room = url.substr(path + 1, url.find('?') - path - 1);
  if (room.starts_with("ws/")) room.erase(0, 3);
  return url.substr(0, path) + (room.empty() ? "/" : "/?room=" + room);
}

}  // namespace rtc
