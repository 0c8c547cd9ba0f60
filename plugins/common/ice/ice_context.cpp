#include "ice/ice_context.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "ice/nice_agent.hpp"
#include "net/tls.hpp"

namespace rtc {

namespace {

std::string escape(const std::string &text) {
  return CharPtr(g_uri_escape_string(text.c_str(), nullptr, FALSE)).get();
}

std::string in_uri(const std::string &host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

IceContext::IceContext(EventLoop &loop, IceSettings settings, const std::string &ca_file)
    : settings_(std::move(settings)), check_(loop, ca_file, LocalSide{}) {
  check_.on_found([this](const IceUri &uri, const Error &error) {
    if (!uri.is_turn()) silent_stun_.insert(to_string(uri));
    if (trouble_) trouble_(error);
  });
}

Result<std::shared_ptr<IceContext>> IceContext::create(EventLoop &loop, IceSettings settings,
                                                       const std::string &ca_file) {
  if (!settings.interfaces.empty()) {
    const auto addresses = choose_addresses(local_addresses(), settings.interfaces, settings.ipv6);
    if (!addresses) return addresses.error();
  }
  auto authorities = load_authorities(ca_file);
  if (!authorities && !ca_file.empty()) return authorities.error();
  std::shared_ptr<IceContext> context(new IceContext(loop, std::move(settings), ca_file));
  if (authorities) context->authorities_ = *authorities;
  return context;
}

bool IceContext::has_turn() const {
  return std::any_of(servers().begin(), servers().end(), [](const auto &server) {
    return std::any_of(server.urls.begin(), server.urls.end(),
                       [](const auto &url) { return url.starts_with("turn"); });
  });
}

unsigned IceContext::tunnel_to(const IceUri &uri) {
  auto &tunnel = tunnels_[to_string(uri)];
  if (!tunnel) {
    auto opened =
        TlsTunnel::open(uri.host, uri.port, authorities_, [this] { missed(false, true); });
    if (!opened) {
      RTC_WARNING("%s", opened.error().message.c_str());
      return 0;
    }
    tunnel = std::move(*opened);
  }
  return tunnel->port();
}

// webrtcbin writes "turn://user:password@host:port" where RFC 7065 has no "//".
void IceContext::add_relay(GstElement *webrtcbin, const Relay &relay) {
  const auto &uri = relay.uri;
  std::string at =
      in_uri(uri.host) + ":" + std::to_string(uri.port) + "?transport=" + to_string(uri.transport);
  if (uri.is_secure()) {
    const auto port = tunnel_to(uri);
    if (!port) return;
    at = format("%s:%u?transport=tcp", has_ipv4_ ? "127.0.0.1" : "[::1]", port);
  }
  const auto login = escape(relay.username) + ":" + escape(relay.credential);
  gboolean added = FALSE;
  g_signal_emit_by_name(webrtcbin, "add-turn-server", ("turn://" + login + "@" + at).c_str(),
                        &added);
  if (!added) RTC_WARNING("TURN server refused by webrtcbin: %s", to_string(uri).c_str());
}

Result<std::vector<Relay>> IceContext::apply(GstElement *webrtcbin) {
  const auto addresses = choose_addresses(local_addresses(), settings_.interfaces, settings_.ipv6);
  if (!addresses) return addresses.error();
  has_ipv4_ = std::any_of(addresses->begin(), addresses->end(),
                          [](const auto &a) { return a.find(':') == std::string::npos; });
  set_agent_options(webrtcbin, settings_, *addresses);
  const auto plan = plan_servers(servers(), silent_stun_, settings_.relay_only);
  for (const auto &reason : plan.unusable) RTC_WARNING("ICE server left out: %s", reason.c_str());
  if (plan.stun)
    g_object_set(webrtcbin, "stun-server",
                 format("stun://%s:%u", in_uri(plan.stun->host).c_str(), plan.stun->port).c_str(),
                 nullptr);
  for (const auto &relay : plan.first) add_relay(webrtcbin, relay);
  return plan.later;
}

std::optional<Error> IceContext::gathering_error(GstElement *webrtcbin) const {
  // libnice shows relay candidates only then, and they take their time.
  if (settings_.relay_only || has_local_candidates(webrtcbin)) return {};
  if (!settings_.ports.any())
    return Error{Error::Kind::failed,
                 format("No port of ice-port-range %u-%u is free: each session needs one on every "
                        "local address; widen the range.",
                        settings_.ports.low, settings_.ports.high),
                 "nice_agent_gather_candidates failed"};
  return Error{Error::Kind::failed,
               "No local address could be used to reach the other side; see that a network "
               "interface is up.",
               "nice_agent_gather_candidates failed"};
}

SelectedPair IceContext::complete(SelectedPair pair) const {
  for (const auto &[uri, tunnel] : tunnels_)
    if (pair.relay_protocol == "tcp" && tunnel && tunnel->port() == pair.relay_port)
      pair.relay_protocol = "tls";
  return pair;
}

}  // namespace rtc
