#include "signaling/registry.hpp"

#include "base/redact.hpp"
#include "base/text.hpp"
#include "signaling/rooms/rooms_client.hpp"

namespace rtc {

namespace {

using Factory = Result<std::unique_ptr<Signaler>> (*)(EventLoop &, const SignalerSettings &,
                                                      const char *scheme);

// The path of our server that stands for the room in the path of the uri: "/lobby" is "/ws/lobby".
// The empty path is the default room, and all there is on the server of gst-plugins-rs.
std::string rooms_path(const std::string &path) {
  if (path.starts_with("/ws/")) return path;
  const CharPtr decoded(g_uri_unescape_string(path.c_str(), nullptr));
  std::string room = decoded ? decoded.get() : path;
  while (room.starts_with('/')) room.erase(0, 1);
  while (room.ends_with('/')) room.pop_back();
  if (room.empty()) return "/";
  return std::string("/ws/") + CharPtr(g_uri_escape_string(room.c_str(), nullptr, FALSE)).get();
}

Result<std::unique_ptr<Signaler>> make_rooms(EventLoop &loop, const SignalerSettings &settings,
                                             const char *scheme) {
  const std::unique_ptr<GUri, Freer<g_uri_unref>> uri(
      g_uri_parse(settings.uri.c_str(), G_URI_FLAGS_ENCODED, nullptr));
  const char *host = uri ? g_uri_get_host(uri.get()) : nullptr;
  if (!host || !*host)
    return Error{Error::Kind::settings,
                 "\"" + redact(settings.uri) +
                     "\" is no address of a room; write "
                     "ws://host:port/room.",
                 {}};
  // Of the query only the token is for the server.
  std::string query;
  for (const auto &part : split(g_uri_get_query(uri.get()) ? g_uri_get_query(uri.get()) : "", '&'))
    if (part.starts_with("token=")) query = part;
  const CharPtr address(g_uri_join(G_URI_FLAGS_ENCODED, scheme, nullptr, host,
                                   g_uri_get_port(uri.get()),
                                   rooms_path(g_uri_get_path(uri.get())).c_str(),
                                   query.empty() ? nullptr : query.c_str(), nullptr));
  return std::unique_ptr<Signaler>(std::make_unique<RoomsClient>(
      loop, WsClientSettings{address.get(), settings.token, settings.tls_ca_file}));
}

const struct {
  const char *scheme;
  const char *transport;  // the scheme the factory is given
  Factory make;
} rows[] = {
    {"ws", "ws", make_rooms},
    {"wss", "wss", make_rooms},
    {"rtc+ws", "ws", make_rooms},
    {"rtc+wss", "wss", make_rooms},
};

}  // namespace

Result<std::unique_ptr<Signaler>> make_signaler(EventLoop &loop, const SignalerSettings &settings) {
  const CharPtr scheme(g_uri_parse_scheme(settings.uri.c_str()));
  for (const auto &row : rows)
    if (scheme && iequals(scheme.get(), row.scheme)) return row.make(loop, settings, row.transport);
  return Error{Error::Kind::settings,
               (scheme ? "There is no signaling for \"" + std::string(scheme.get()) + ":\""
                       : "\"" + redact(settings.uri) + "\" is no uri") +
                   "; the schemes are " + join(signaler_schemes(), ", ") + ".",
               {}};
}

std::vector<std::string> signaler_schemes() {
  std::vector<std::string> schemes;
  for (const auto &row : rows) schemes.emplace_back(row.scheme);
  return schemes;
}

}  // namespace rtc
