// Peers that break the rules: they are told or dropped, and nobody else notices.
#include <gtest/gtest.h>

#include "support/server_fixture.hpp"

namespace rtc {
namespace {

using test::any_port;
using test::RawClient;
class ServerBadPeers : public test::ServerFixture {};

TEST_F(ServerBadPeers, AnswersBadMessagesAndGoesOn) {
  start();
  RawClient peer(port_, "/");
  peer.next<rooms::Welcome>();
  const uint32_t mask = 1;
  peer.send("{not json");
  EXPECT_NE(peer.next<rooms::Refusal>().details.find("not valid JSON"), std::string::npos);
  peer.send(std::string(100000, '['));
  EXPECT_NE(peer.next<rooms::Refusal>().details.find("nested too deeply"), std::string::npos);
  peer.send(R"({"type":"dance"})");
  EXPECT_EQ(peer.next<rooms::Refusal>().details, "dance: unknown message type");
  peer.send_bytes(ws_frame(WsMessage::Type::binary, "\x01\x02", &mask));
  EXPECT_NE(peer.next<rooms::Refusal>().details.find("binary"), std::string::npos);
  peer.send(R"({"type":"list"})");
  EXPECT_TRUE(peer.next<rooms::PeerList>().peers.empty());
  // The whole handshake and a message in one packet.
  RawClient hasty(port_);
  hasty.request(
      "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
      ws_frame(WsMessage::Type::text, R"({"type":"list"})", &mask));
  EXPECT_EQ(hasty.status(), 101);
  hasty.next<rooms::Welcome>();
  EXPECT_TRUE(hasty.next<rooms::PeerList>().peers.empty());
}

// Packets of a connection that its owner has given up may arrive after all, when a network returns.
TEST_F(ServerBadPeers, AResetThatAnAnswerMeetsIsNoGoodbye) {
  start();
  RawClient witness(port_, "/");
  witness.next<rooms::Welcome>();
  witness.send(R"({"type":"setPeerStatus","roles":["listener"]})");
  witness.next<rooms::PeerStatus>();
  RawClient peer(port_, "/");
  peer.next<rooms::Welcome>();
  peer.send(R"({"type":"setPeerStatus","roles":["producer"]})");
  witness.next<rooms::PeerStatus>();
  loop_.call([&] {
    peer.send(R"({"type":"list"})");
    peer.reset();
  });
  EXPECT_TRUE(witness.next<rooms::PeerStatus>().lost);
}

TEST_F(ServerBadPeers, ClosesOnBrokenFrames) {
  auto settings = any_port();
  settings.max_message_size = 1024;
  start(settings);
  RawClient witness(port_, "/");
  witness.next<rooms::Welcome>();
  const uint32_t mask = 7;

  RawClient big(port_, "/");
  big.send(std::string(1025, ' '));
  EXPECT_EQ(big.close_code(), 1009u);
  EXPECT_TRUE(big.ended());

  // Only the header of a frame of 2^62 bytes.
  RawClient huge(port_, "/");
  huge.send_bytes(std::string("\x81\xff\x40\0\0\0\0\0\0\0\1\2\3\4", 14));
  EXPECT_EQ(huge.close_code(), 1009u);

  RawClient pieces(port_, "/");
  auto piece = ws_frame(WsMessage::Type::text, std::string(600, ' '), &mask);
  piece[0] = 0x01;
  pieces.send_bytes(piece);
  piece[0] = 0x00;
  pieces.send_bytes(piece);
  EXPECT_EQ(pieces.close_code(), 1009u);

  RawClient unmasked(port_, "/");
  unmasked.send_bytes(ws_frame(WsMessage::Type::text, "{}", nullptr));
  EXPECT_EQ(unmasked.close_code(), 1002u);

  RawClient latin(port_, "/");
  latin.send("\xe9");
  EXPECT_EQ(latin.close_code(), 1007u);

  witness.send(R"({"type":"list"})");
  EXPECT_FALSE(witness.next_text().empty());
}

TEST_F(ServerBadPeers, AnswersAPingAndAGoodbye) {
  start();
  RawClient peer(port_, "/");
  peer.next<rooms::Welcome>();
  const uint32_t mask = 3;
  peer.send_bytes(ws_frame(WsMessage::Type::ping, "are you there", &mask));
  const auto pong = peer.next_frame();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->type, WsMessage::Type::pong);
  EXPECT_EQ(pong->payload, "are you there");
  peer.send_bytes(ws_close_frame(1000, "bye", &mask));
  EXPECT_EQ(peer.close_code(), 1000u);
  EXPECT_TRUE(peer.ended());
}

TEST_F(ServerBadPeers, DropsAPeerThatNeverReads) {
  auto settings = any_port();
  settings.max_queue_size = 256 * 1024;
  start(settings);
  RawClient listener(port_, "/"), deaf(port_, "/"), talker(port_, "/");
  const auto deaf_id = deaf.next<rooms::Welcome>().peer;
  deaf.send(R"({"type":"setPeerStatus","roles":["listener"]})");
  deaf.next<rooms::PeerStatus>();
  listener.next<rooms::Welcome>();
  listener.send(R"({"type":"setPeerStatus","roles":["listener"]})");
  listener.next<rooms::PeerStatus>();
  talker.next<rooms::Welcome>();

  // Each change of status is told to both listeners; only one reads.
  const std::string filler(12 * 1024, 'x');
  bool dropped = false;
  for (int i = 0; i < 10000 && !dropped; i++) {
    talker.send(R"({"type":"setPeerStatus","roles":["producer"],"meta":{"n":)" + std::to_string(i) +
                R"(,"f":")" + filler + "\"}}");
    auto status = listener.next<rooms::PeerStatus>();
    if (status.peer == deaf_id && !status.roles.listener) dropped = true;
  }
  EXPECT_TRUE(dropped);
  EXPECT_TRUE(deaf.ended());
  EXPECT_TRUE(counts("rtc_peers 2"));
}

TEST_F(ServerBadPeers, DropsAPeerThatOnlyPings) {
  auto settings = any_port();
  settings.max_queue_size = 64 * 1024;
  start(settings);
  RawClient witness(port_, "/"), flood(port_, "/");
  witness.next<rooms::Welcome>();
  const uint32_t mask = 3;
  std::string pings;
  for (int i = 0; i < 1000; i++)
    pings += ws_frame(WsMessage::Type::ping, std::string(125, 'p'), &mask);
  // It never reads the pongs: the kernel's buffers fill, then the queue.
  int sent = 0;
  while (sent < 1000 && flood.send_bytes(pings)) sent++;
  EXPECT_LT(sent, 1000);
  witness.send(R"({"type":"list"})");
  EXPECT_FALSE(witness.next_text().empty());
}

TEST_F(ServerBadPeers, DropsAPeerThatAnswersNoPing) {
  auto settings = any_port();
  settings.ping_interval = seconds(1);
  start(settings);
  RawClient silent(port_, "/");
  silent.next<rooms::Welcome>();
  const auto ping = silent.next_frame();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->type, WsMessage::Type::ping);
  EXPECT_TRUE(silent.ended());
  EXPECT_TRUE(counts("rtc_peers 0"));
}

TEST_F(ServerBadPeers, RefusesMoreThanMaxPeers) {
  auto settings = any_port();
  settings.max_peers = 1;
  start(settings);
  RawClient first(port_, "/");
  first.next<rooms::Welcome>();
  EXPECT_EQ(RawClient(port_).enter("/"), 503);
}

}  // namespace
}  // namespace rtc
