// Which of the configured servers a session uses, and when (pure). libnice asks one STUN server;
// and since it settles on the best of the first two pairs that work, the relays that are reached
// over TCP, slower than any other way, are added only when nothing has worked for a moment.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "ice/ice_server.hpp"
#include "ice/ice_uri.hpp"

namespace rtc {

// What direct ways and relays over UDP have before the others are tried, too.
constexpr auto head_start = milliseconds(300);

struct Relay {
  IceUri uri;
  std::string username;
  std::string credential;  // secret
};

struct ServerPlan {
  std::optional<IceUri> stun;
  std::vector<Relay> first;
  std::vector<Relay> later;           // after the head start
  std::vector<std::string> unusable;  // why, without secrets
};

// `silent_stun`: servers that do not answer, as to_string(IceUri) writes them. `relay_only`:
// nothing but relays is used, so that only relays over UDP deserve a head start.
ServerPlan plan_servers(const IceServers &servers, const std::set<std::string> &silent_stun,
                        bool relay_only);

// A candidate of the other side that is a relay reached over TCP, by the type preferences of
// libnice, Chromium and Firefox (RFC 8445 section 5.1.2.2 leaves them to each).
bool is_slow_relay(const std::string &candidate);

}  // namespace rtc
