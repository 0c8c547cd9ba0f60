// What the server tells its peers of STUN and TURN, and how it tells a lost peer from one that
// left.
#include <gtest/gtest.h>

#include "support/server_fixture.hpp"

namespace rtc {
namespace {

using test::any_port;
using test::RawClient;

class ServerIceTest : public test::ServerFixture {
 protected:
  // A listener of the room, after it was told of itself.
  std::unique_ptr<RawClient> listener() {
    auto client = std::make_unique<RawClient>(port_, "/ws/room");
    client->next<rooms::Welcome>();
    client->send(R"({"type":"setPeerStatus","roles":["listener"]})");
    client->next<rooms::PeerStatus>();
    return client;
  }
  std::unique_ptr<RawClient> producer(const std::string &more = "") {
    auto client = std::make_unique<RawClient>(port_, "/ws/room");
    id_ = client->next<rooms::Welcome>().peer;
    client->send(R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"film"})" + more +
                 "}");
    return client;
  }
  std::string id_;
};

TEST_F(ServerIceTest, MintsCredentialsForEachPeer) {
  auto settings = any_port();
  settings.ice_servers = {{{"stun:s"}, "", ""}, {{"turn:fixed"}, "u", "p"}, {{"turn:t"}, "", ""}};
  settings.turn = {"north", seconds(3600)};
  start(settings);
  RawClient client(port_, "/");
  const auto now = g_get_real_time() / G_USEC_PER_SEC;
  const auto welcome = client.next<rooms::Welcome>();
  EXPECT_EQ(welcome.ice.lifetime, 3600);
  ASSERT_EQ(welcome.ice.servers.size(), 3u);
  EXPECT_EQ(welcome.ice.servers[0].username, "");
  EXPECT_EQ(welcome.ice.servers[1].credential, "p");
  const auto &name = welcome.ice.servers[2].username;
  EXPECT_EQ(name.substr(name.find(':') + 1), welcome.peer);
  EXPECT_NEAR(static_cast<double>(std::stoll(name)), static_cast<double>(now + 3600), 5);
  EXPECT_EQ(welcome.ice.servers[2].credential,
            mint_turn_credentials(settings.turn, welcome.peer, std::stoll(name) - 3600).credential);
  client.send(R"({"type":"iceServers"})");
  EXPECT_EQ(client.next<rooms::IceOffer>().servers.size(), 3u);
}

TEST_F(ServerIceTest, FixedServersHaveNoLifetime) {
  auto settings = any_port();
  settings.ice_servers = {{{"turn:fixed"}, "u", "p"}};
  start(settings);
  RawClient client(port_, "/");
  const auto text = client.next_text();
  EXPECT_NE(text.find(R"("iceServers":[{"urls":["turn:fixed"],"username":"u","credential":"p"}])"),
            std::string::npos);
  EXPECT_EQ(text.find("lifetime"), std::string::npos);
}

TEST_F(ServerIceTest, APeerThatEndsHasLeft) {
  start();
  const auto watcher = listener();
  for (const bool by_close_frame : {true, false}) {
    const auto film = producer();
    EXPECT_TRUE(watcher->next<rooms::PeerStatus>().roles.producer);
    const uint32_t mask = 1;
    if (by_close_frame) film->send_bytes(ws_close_frame(ws_normal, "", &mask));
    if (!by_close_frame) film->hang_up();
    const auto gone = watcher->next<rooms::PeerStatus>();
    EXPECT_EQ(gone.peer, id_);
    EXPECT_FALSE(gone.lost) << by_close_frame;
  }
}

TEST_F(ServerIceTest, APeerWhoseConnectionBreaksIsLost) {
  start();
  const auto watcher = listener();
  const auto film = producer();
  watcher->next<rooms::PeerStatus>();
  film->reset();
  EXPECT_TRUE(watcher->next<rooms::PeerStatus>().lost);
}

TEST_F(ServerIceTest, APeerThatFallsSilentIsLost) {
  auto settings = any_port();
  settings.ping_interval = seconds(1);
  start(settings);
  const auto film = producer();
  const auto watcher = listener();
  const auto gone = watcher->next<rooms::PeerStatus>(true);
  EXPECT_EQ(gone.peer, id_);
  EXPECT_TRUE(gone.lost);
}

TEST_F(ServerIceTest, APeerThatConnectsAnewHasLostItsOldSelf) {
  start();
  const auto watcher = listener();
  const auto film = producer(R"(,"instance":"i")");
  const auto old = id_;
  watcher->next<rooms::PeerStatus>();
  const auto again = producer(R"(,"instance":"i")");
  const auto gone = watcher->next<rooms::PeerStatus>();
  EXPECT_EQ(gone.peer, old);
  EXPECT_TRUE(gone.lost);
  EXPECT_EQ(watcher->next<rooms::PeerStatus>().peer, id_);
}

}  // namespace
}  // namespace rtc
