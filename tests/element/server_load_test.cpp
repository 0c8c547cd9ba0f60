// A thousand peers in two hundred rooms: all are welcomed, listed and reached. What the idle server
// costs is printed and decides nothing.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>

#include <ctime>
#include <thread>

#include "base/text.hpp"
#include "server/server.hpp"
#include "support/raw_client.hpp"

namespace rtc {
namespace {

using test::RawClient;

constexpr size_t rooms_count = 200;
constexpr size_t peers_per_room = 5;

// Two descriptors per peer: both ends are in this process.
bool enough_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 &&
         limit.rlim_cur >= 2 * rooms_count * peers_per_room + 100;
}

double cpu_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

TEST(ServerLoad, AThousandPeersInTwoHundredRooms) {
  if (!enough_descriptors()) std::exit(77);
  EventLoop loop("server");
  std::unique_ptr<Server> server;
  clockid_t clock{};
  // A failed assertion leaves by return: the server is to end on its loop all the same.
  const auto end_on_loop = [&](void *) { loop.call([&] { server.reset(); }); };
  const std::unique_ptr<void, decltype(end_on_loop)> guard(&server, end_on_loop);
  loop.call([&] {
    ServerSettings settings;
    settings.listen = "127.0.0.1:0";
    auto started = Server::start(loop, settings);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    pthread_getcpuclockid(pthread_self(), &clock);
  });

  struct Room {
    std::vector<std::unique_ptr<RawClient>> peers;
    std::vector<std::string> ids;
  };
  std::vector<Room> all(rooms_count);
  for (size_t i = 0; i < rooms_count; i++)
    for (size_t k = 0; k < peers_per_room; k++) {
      auto peer = std::make_unique<RawClient>(server->port(), format("/ws/room%zu", i));
      const auto id = peer->next<rooms::Welcome>().peer;
      ASSERT_FALSE(id.empty());
      peer->send(R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"s)" +
                 std::to_string(k) + "\"}}");
      all[i].peers.push_back(std::move(peer));
      all[i].ids.push_back(id);
    }
  for (auto &room : all)
    for (auto &peer : room.peers) {
      peer->send(R"({"type":"list"})");
      ASSERT_EQ(peer->next<rooms::PeerList>().peers.size(), peers_per_room);
    }
  for (auto &room : all) {
    room.peers[0]->send(R"({"type":"startSession","peerId":")" + room.ids[1] + "\"}");
    const auto session = room.peers[0]->next<rooms::SessionStarted>().session;
    EXPECT_EQ(room.peers[1]->next<rooms::StartSession>().session, session);
    room.peers[1]->send(R"({"type":"peer","sessionId":")" + session +
                        R"(","sdp":{"type":"offer","sdp":"v=0"}})");
    EXPECT_EQ(room.peers[0]->next<rooms::PeerMessage>().session, session);
  }

  // The span that is measured: each peer pings once in 5 s, as our clients do.
  const double before = cpu_seconds(clock);
  const uint32_t mask = 1;
  for (auto &room : all) {
    for (auto &peer : room.peers) peer->send_bytes(ws_frame(WsMessage::Type::ping, "", &mask));
    std::this_thread::sleep_for(milliseconds(5000 / rooms_count));
  }
  const double used = cpu_seconds(clock) - before;
  std::printf("idle with 1000 peers: %.2f %% of a core\n", used / 5 * 100);
  RecordProperty("idle_cpu_percent", std::to_string(used / 5 * 100));
}

}  // namespace
}  // namespace rtc
