#include "ice/server_check.hpp"

namespace rtc {

namespace {
constexpr auto period = seconds(60);
}

void ServerCheck::check(const IceServers &servers, bool stun, bool turn) {
  for (const auto &server : servers)
    for (const auto &url : server.urls) probe(url, server, stun, turn);
}

void ServerCheck::probe(const std::string &url, const IceServer &server, bool stun, bool turn) {
  const auto uri = parse_ice_uri(url);
  if (!uri || !(uri->is_turn() ? turn : stun)) return;
  const auto now = Clock::now();
  auto &probed = probed_[to_string(*uri)];
  if (probed.when != TimePoint{} && now - probed.when < period) return;
  probed.when = now;
  ServerProbeSettings settings;
  settings.uri = *uri;
  settings.username = server.username;
  settings.credential = server.credential;
  settings.tls_ca_file = ca_file_;
  settings.local = local_;
  probed.probe = std::make_unique<ServerProbe>(loop_, settings,
                                               [this, uri = *uri](const ServerReport &report) {
                                                 probed_[to_string(uri)].probe.reset();
                                                 if (!report.works() && found_)
                                                   found_(uri, report.error);
                                               });
}

}  // namespace rtc
