// What the properties ice-* mean: addresses, ports, announced addresses, the plan of servers.
#include <gtest/gtest.h>

#include "ice/ice_settings.hpp"
#include "ice/server_plan.hpp"

using namespace rtc;

namespace {

const LocalAddress lo{"lo", "127.0.0.1", false, true, false};
const LocalAddress eth0{"eth0", "10.0.0.2", false, false, false};
const LocalAddress eth0_v6{"eth0", "2001:db8::2", true, false, false};
const LocalAddress link_local{"eth0", "fe80::2", true, false, true};
const LocalAddress wlan0{"wlan0", "192.168.1.5", false, false, false};
const LocalAddress docker0{"docker0", "172.17.0.1", false, false, false};
const std::vector<LocalAddress> all{lo, eth0, eth0_v6, link_local, wlan0, docker0};
using Addresses = std::vector<std::string>;

Addresses chosen(const std::string &filter, const std::vector<LocalAddress> &from = all,
                 bool ipv6 = true) {
  const auto parsed = InterfaceFilter::parse(filter);
  if (!parsed) return {"bad filter"};
  const auto addresses = choose_addresses(from, *parsed, ipv6);
  return addresses ? *addresses : Addresses{};
}

constexpr auto host_candidate = "candidate:1 1 UDP 2015363327 10.0.0.2 50000 typ host";

std::vector<std::string> announced(const std::string &text, const std::string &candidate) {
  const auto announce = Announce::parse(text);
  return announce ? announce->apply(candidate) : std::vector<std::string>{"bad"};
}

}  // namespace

TEST(LocalAddresses, LeavesOutLoopbackBridgesAndLinkLocal) {
  EXPECT_EQ(chosen(""), (Addresses{"10.0.0.2", "2001:db8::2", "192.168.1.5"}));
  EXPECT_EQ(chosen("", all, false), (Addresses{"10.0.0.2", "192.168.1.5"}));
}

TEST(LocalAddresses, TakesWhatThereIs) {
  EXPECT_EQ(chosen("", {lo, docker0}), (Addresses{"172.17.0.1"}));
  EXPECT_EQ(chosen("", {lo}), (Addresses{"127.0.0.1"}));
  EXPECT_EQ(chosen("", {}), Addresses{});
}

TEST(LocalAddresses, FilterAllowsAndDenies) {
  EXPECT_EQ(chosen("eth0"), (Addresses{"10.0.0.2", "2001:db8::2"}));
  EXPECT_EQ(chosen("!eth0"), (Addresses{"192.168.1.5"}));
  EXPECT_EQ(chosen("!eth*,!wlan0"), (Addresses{"172.17.0.1"}));
  EXPECT_EQ(chosen("192.168.1.5, lo"), (Addresses{"127.0.0.1", "192.168.1.5"}));
  EXPECT_EQ(chosen("docker*"), (Addresses{"172.17.0.1"}));
  EXPECT_EQ(chosen("eth0,!10.0.0.2"), (Addresses{"2001:db8::2"}));
}

TEST(LocalAddresses, SaysWhatThereWas) {
  const auto filter = InterfaceFilter::parse("wlan7");
  const auto addresses = choose_addresses(all, *filter, true);
  ASSERT_FALSE(addresses);
  EXPECT_NE(addresses.error().message.find("wlan7"), std::string::npos);
  EXPECT_NE(addresses.error().message.find("eth0 (10.0.0.2)"), std::string::npos);
}

TEST(LocalAddresses, RefusesABadFilter) {
  for (const char *text : {"!", "eth 0", "e*h", "!!eth0", "*0"})
    EXPECT_FALSE(InterfaceFilter::parse(text)) << text;
}

TEST(PortRange, ReadsMinAndMax) {
  EXPECT_TRUE(parse_port_range("")->any());
  EXPECT_EQ(*parse_port_range("50000-50100"), (PortRange{50000, 50100}));
  EXPECT_EQ(*parse_port_range("50000"), (PortRange{50000, 50000}));
  for (const char *text : {"0-10", "2-1", "1-65536", "a", "1-", "-1", "1-2-3", " 1-2", "1 - 2"})
    EXPECT_FALSE(parse_port_range(text)) << text;
}

TEST(Announce, AddsAnAddress) {
  const auto candidates = announced("203.0.113.5", host_candidate);
  ASSERT_EQ(candidates.size(), 2u);
  EXPECT_EQ(candidates[0], host_candidate);
  EXPECT_EQ(candidates[1], "candidate:11 1 UDP 2015363326 203.0.113.5 50000 typ host");
}

TEST(Announce, ReplacesAnAddress) {
  EXPECT_EQ(announced("10.0.0.2=203.0.113.5", host_candidate),
            std::vector<std::string>{"candidate:1 1 UDP 2015363327 203.0.113.5 50000 typ host"});
  EXPECT_EQ(announced("10.0.0.3=203.0.113.5", host_candidate),
            std::vector<std::string>{host_candidate});
}

TEST(Announce, LeavesOthersAlone) {
  for (const std::string candidate :
       {"candidate:2 1 UDP 1 203.0.113.9 5 typ srflx raddr 10.0.0.2 rport 50000", "",
        "candidate:", "candidate:1 1 UDP 2015363327 2001:db8::2 50000 typ host"})
    EXPECT_EQ(announced("203.0.113.5", candidate), std::vector<std::string>{candidate});
}

TEST(Announce, RefusesWhatIsNoAddress) {
  for (const char *text : {"host.example", "1.2.3.4=", "=1.2.3.4", "1.2.3.4=::1", "1.2.3.4=a=b"})
    EXPECT_FALSE(Announce::parse(text)) << text;
}

TEST(ServerPlan, RelaysOverTcpComeLater) {
  const auto servers =
      *parse_ice_servers("stun:a stun:b turn:u:p@c turn:u:p@c?transport=tcp turns:u:p@c");
  const auto plan = plan_servers(servers, {}, false);
  EXPECT_EQ(plan.stun->host, "a");
  ASSERT_EQ(plan.first.size(), 1u);
  EXPECT_EQ(plan.first[0].username, "u");
  EXPECT_EQ(plan.later.size(), 2u);
  EXPECT_TRUE(plan.unusable.empty());
}

TEST(ServerPlan, ASilentStunServerIsAvoided) {
  const auto servers = *parse_ice_servers("stun:a stun:b");
  EXPECT_EQ(plan_servers(servers, {"stun:a"}, false).stun->host, "b");
  EXPECT_TRUE(plan_servers(servers, {"stun:a", "stun:b"}, false).stun);
}

TEST(ServerPlan, WithRelaysOnlyTheFirstOnesAreAtOnce) {
  const auto servers = *parse_ice_servers("turns:u:p@c");
  EXPECT_EQ(plan_servers(servers, {}, true).first.size(), 1u);
  EXPECT_EQ(plan_servers(servers, {}, false).first.size(), 0u);
}

TEST(ServerPlan, TellsWhatCannotBeUsed) {
  const auto plan = plan_servers({{{"stuns:a", "turn:b"}, "", ""}}, {}, false);
  EXPECT_EQ(plan.unusable.size(), 2u);
}

TEST(SlowRelay, ByTypePreference) {
  const auto candidate = [](unsigned preference, const char *type) {
    return "candidate:1 1 UDP " + std::to_string((preference << 24) + 255) + " 1.2.3.4 5 typ " +
           type;
  };
  EXPECT_TRUE(is_slow_relay(candidate(20, "relay")));
  EXPECT_TRUE(is_slow_relay(candidate(0, "relay")));
  EXPECT_FALSE(is_slow_relay(candidate(30, "relay")));
  EXPECT_FALSE(is_slow_relay(candidate(2, "relay")));
  EXPECT_FALSE(is_slow_relay(candidate(20, "host")));
  EXPECT_FALSE(is_slow_relay(""));
}
