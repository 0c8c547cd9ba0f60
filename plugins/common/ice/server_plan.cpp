#include "ice/server_plan.hpp"

#include <charconv>

#include "base/text.hpp"

namespace rtc {

namespace {

constexpr size_t max_relays = 8;  // NICE_CANDIDATE_MAX_TURN_SERVERS

void add_relay(ServerPlan &plan, const IceUri &uri, const IceServer &server) {
  const bool own = !uri.username.empty();
  Relay relay{uri, own ? uri.username : server.username, own ? uri.credential : server.credential};
  if (relay.username.empty())
    plan.unusable.push_back(to_string(uri) + ": it has no user name and password");
  else if (plan.first.size() + plan.later.size() >= max_relays)
    plan.unusable.push_back(
        format("%s: libnice takes %zu TURN servers at most", to_string(uri).c_str(), max_relays));
  else
    (uri.transport == IceUri::Transport::udp ? plan.first : plan.later).push_back(relay);
}

}  // namespace

ServerPlan plan_servers(const IceServers &servers, const std::set<std::string> &silent_stun,
                        bool relay_only) {
  ServerPlan plan;
  std::optional<IceUri> silent;
  for (const auto &server : servers)
    for (const auto &url : server.urls) {
      const auto uri = parse_ice_uri(url);
      if (!uri)
        plan.unusable.push_back(uri.error().message);
      else if (uri->is_turn())
        add_relay(plan, *uri, server);
      else if (uri->transport != IceUri::Transport::udp)
        plan.unusable.push_back(to_string(*uri) + ": libnice asks STUN servers over UDP only");
      else if (silent_stun.contains(to_string(*uri)))
        silent = *uri;
      else if (!plan.stun)
        plan.stun = *uri;
    }
  if (!plan.stun) plan.stun = silent;
  if (relay_only && plan.first.empty()) plan.first.swap(plan.later);
  return plan;
}

bool is_slow_relay(const std::string &candidate) {
  constexpr size_t priority_field = 3, type_field = 7;  // RFC 8839 section 5.1
  constexpr unsigned libnice_tcp = 20, browsers_tcp = 1;
  const auto fields = split(candidate, ' ');
  if (fields.size() <= type_field || fields[type_field] != "relay") return false;
  unsigned priority = 0;
  const auto &text = fields[priority_field];
  std::from_chars(text.data(), text.data() + text.size(), priority);
  const auto preference = priority >> 24;
  return preference == libnice_tcp || preference <= browsers_tcp;
}

}  // namespace rtc
