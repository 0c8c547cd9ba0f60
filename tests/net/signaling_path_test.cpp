// The path to the signaling server is gone for a while: the client notices, and is back soon after
// it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "server/server.hpp"
#include "support/party.hpp"

namespace rtc {
namespace {

using test::Party;

double seconds_since(TimePoint start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// This process runs in a network namespace of its own: the loopback interface is ours alone.
bool loopback(const char *state) {
  return std::system((std::string("ip link set lo ") + state).c_str()) == 0;
}

TEST(SignalingPath, IsMissedWithinSecondsAndFoundAgain) {
  EventLoop loop("test");
  std::unique_ptr<Server> server;
  loop.call([&] {
    ServerSettings settings;
    settings.listen = "127.0.0.1:0";
    auto made = Server::start(loop, settings);
    ASSERT_TRUE(made) << made.error().message;
    server = std::move(*made);
  });
  {
    Party film(loop, {server->signaling_url(), "", ""}, {true, false, "film", true});
    Party watcher(loop, {server->signaling_url(), "", ""}, {false, true, "", true});
    ASSERT_TRUE(watcher.wait([](auto &l) { return l.peers.size() == 1; }));
    std::this_thread::sleep_for(seconds(12));  // idle for longer than silence is borne
    EXPECT_EQ(film.log().lost + watcher.log().lost, 0);

    ASSERT_TRUE(loopback("down"));
    auto start = Clock::now();
    ASSERT_TRUE(film.wait([](auto &l) { return l.lost == 1; }));
    EXPECT_LT(seconds_since(start), 13);
    ASSERT_TRUE(watcher.wait([](auto &l) { return l.lost == 1; }));
    std::this_thread::sleep_for(seconds(5));  // pauses between the attempts have grown

    ASSERT_TRUE(loopback("up"));
    start = Clock::now();
    ASSERT_TRUE(film.wait_ready(2));
    ASSERT_TRUE(watcher.wait([](auto &l) { return l.ready == 2 && l.peers.size() == 1; }));
    EXPECT_LT(seconds_since(start), 4);
    // The server had not missed them: the film's old self made room.
    EXPECT_EQ(film.log().name, "film");
    EXPECT_TRUE(film.log().failed.empty());
  }
  loop.call([&] { server.reset(); });
}

}  // namespace
}  // namespace rtc
