// RoomsClient and time: a server that falls silent or does not answer at all, credentials that
// expire.
#include <gtest/gtest.h>

#include "server/server.hpp"
#include "support/party.hpp"
#include "support/raw_client.hpp"

namespace rtc {
namespace {

using test::Party;
using test::RawClient;

const Presence publisher{true, false, "film", true};
const Presence viewer{false, true, "", true};

SignalerSettings at(unsigned port) {
  return {"ws://127.0.0.1:" + std::to_string(port) + "/", "", ""};
}

double seconds_since(TimePoint start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A listening socket whose queue is full answers no SYN, as a network that is down.
TEST(RoomsLiveness, AnAttemptThatHangsIsGivenUpSoon) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(listener, reinterpret_cast<sockaddr *>(&address), size);
  listen(listener, 0);
  getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size);
  const unsigned port = ntohs(address.sin_port);
  RawClient filler(port);

  EventLoop loop("test");
  const auto start = Clock::now();
  Party party(loop, at(port), viewer);
  ASSERT_TRUE(party.wait([](auto &l) { return l.lost == 1; }));
  EXPECT_GT(seconds_since(start), 2);  // TCP itself would try for minutes
  ::close(listener);
}

TEST(RoomsLiveness, CredentialsAreRenewedBeforeTheyExpire) {
  constexpr auto valid = rtc::test::deadline / 5;
  EventLoop loop("test");
  std::unique_ptr<Server> server;
  loop.call([&] {
    ServerSettings settings;
    settings.listen = "127.0.0.1:0";
    settings.ice_servers = {{{"turn:t"}, "", ""}};
    settings.turn = {"north", valid};
    auto made = Server::start(loop, settings);
    ASSERT_TRUE(made);
    server = std::move(*made);
  });
  {
    Party party(loop, at(server->port()), publisher);
    ASSERT_TRUE(party.wait_ready());
    const auto start = Clock::now();
    const auto first = party.log().servers.at(0);
    ASSERT_TRUE(party.wait([](auto &l) { return l.renewed >= 1; }));
    EXPECT_LT(seconds_since(start), valid.count());
    EXPECT_GT(seconds_since(start), valid.count() / 2);
    const auto second = party.log().servers.at(0);
    EXPECT_EQ(second.urls, first.urls);
    EXPECT_GT(std::stoll(second.username), std::stoll(first.username));
    ASSERT_TRUE(party.wait([](auto &l) { return l.renewed >= 2; }));
    EXPECT_EQ(party.log().ready, 1);
  }
  loop.call([&] { server.reset(); });
}

}  // namespace
}  // namespace rtc
