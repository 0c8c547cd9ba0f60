// RoomsClient against our server over real sockets: presence, sessions, reconnection, refusals.
#include "signaling/rooms/rooms_client.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "server/server.hpp"
#include "support/fake_server.hpp"
#include "support/party.hpp"
#include "support/raw_client.hpp"

namespace rtc {
namespace {

using test::accept_handshake;
using test::FakeServer;
using test::Party;

SignalerSettings at(unsigned port) { return {format("ws://127.0.0.1:%u/", port), "", ""}; }

const Presence publisher{true, false, "film", true};
const Presence viewer{false, true, "", true};

class RoomsClientTest : public testing::Test {
 protected:
  void start(ServerSettings settings = {}) {
    if (!port_) settings.listen = "127.0.0.1:0";
    if (port_) settings.listen = format("127.0.0.1:%u", port_);
    loop_.call([&] {
      auto server = Server::start(loop_, settings);
      ASSERT_TRUE(server) << server.error().message;
      server_ = std::move(*server);
    });
    port_ = server_->port();
  }
  void stop() {
    loop_.call([&] { server_.reset(); });
  }
  void TearDown() override { stop(); }
  SignalerSettings at(const std::string &path = "lobby") const {
    return {format("ws://127.0.0.1:%u/", port_) + path, "", ""};
  }

  EventLoop loop_{"test"};
  std::unique_ptr<Server> server_;
  unsigned port_ = 0;
};

TEST_F(RoomsClientTest, AViewerOpensASessionWithAPublisher) {
  start();
  Party film(loop_, at(), publisher);
  ASSERT_TRUE(film.wait_ready());
  EXPECT_EQ(film.log().name, "film");
  Party watcher(loop_, at("/lobby/"), viewer);
  ASSERT_TRUE(watcher.wait([](auto &l) { return l.peers.size() == 1; }));
  EXPECT_EQ(watcher.log().peers.begin()->second, "film");

  watcher.open(watcher.log().peers.begin()->first);
  ASSERT_TRUE(film.wait([](auto &l) { return l.requested.size() == 1; }));
  ASSERT_TRUE(watcher.wait([](auto &l) { return l.opened.size() == 1; }));
  const auto session = film.log().requested[0];
  EXPECT_EQ(session, watcher.log().opened[0]);
  EXPECT_FALSE(film.log().offer);

  film.send(session, Description{Description::Type::offer, "v=0\r\n\"quoted\""});
  film.send(session, Candidate{2, "video2", "candidate:1 1 UDP 1 192.0.2.1 9 typ host"});
  film.send(session, EndOfCandidates{});
  ASSERT_TRUE(watcher.wait([](auto &l) { return l.received.size() == 3; }));
  const auto got = watcher.log().received;
  EXPECT_EQ(std::get<Description>(got[0]).sdp, "v=0\r\n\"quoted\"");
  EXPECT_EQ(std::get<Candidate>(got[1]).mline, 2u);
  EXPECT_EQ(std::get<Candidate>(got[1]).mid, "video2");
  EXPECT_TRUE(std::holds_alternative<EndOfCandidates>(got[2]));

  watcher.send(session, Description{Description::Type::answer, "v=0\r\n"});
  watcher.send(session, Bye{"no decoder"});
  ASSERT_TRUE(film.wait([](auto &l) { return l.received.size() == 2; }));
  EXPECT_EQ(std::get<Description>(film.log().received[0]).type, Description::Type::answer);
  EXPECT_EQ(std::get<Bye>(film.log().received[1]).reason, "no decoder");
  // The session is over: what follows goes nowhere and is no error.
  watcher.send(session, EndOfCandidates{});
  film.send(session, Bye{});
  EXPECT_TRUE(film.log().refused.empty());
}

TEST_F(RoomsClientTest, TellsWhenPeersComeAndGo) {
  start();
  Party watcher(loop_, at(), viewer);
  ASSERT_TRUE(watcher.wait_ready());
  {
    Party film(loop_, at(), publisher);
    ASSERT_TRUE(watcher.wait([](auto &l) { return l.peers.size() == 1; }));
  }
  ASSERT_TRUE(watcher.wait([](auto &l) { return l.peers.empty(); }));
  EXPECT_EQ(watcher.log().joined, 1);
}

TEST_F(RoomsClientTest, TellsALostPeerFromOneThatLeft) {
  start();
  for (const bool lost : {true, false}) {
    test::RawClient film(port_, "/ws/lobby");
    film.next<rooms::Welcome>();
    film.send(R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"film"}})");
    Party watcher(loop_, at(), viewer);
    ASSERT_TRUE(watcher.wait([](auto &l) { return l.peers.size() == 1; }));
    watcher.open(watcher.log().peers.begin()->first);
    ASSERT_TRUE(watcher.wait([](auto &l) { return l.opened.size() == 1; }));
    film.next<rooms::StartSession>();
    lost ? film.reset() : film.hang_up();
    ASSERT_TRUE(watcher.wait([](auto &l) { return l.peers.empty() && l.received.size() == 1; }));
    EXPECT_EQ(std::get<Bye>(watcher.log().received[0]).lost, lost);
    EXPECT_EQ(watcher.log().left_lost, std::vector<bool>{lost});
  }
}

TEST_F(RoomsClientTest, ComesBackWhenTheServerDoes) {
  start();
  Party film(loop_, at(), publisher), watcher(loop_, at(), viewer);
  ASSERT_TRUE(film.wait_ready() && watcher.wait([](auto &l) { return l.peers.size() == 1; }));
  const auto before = watcher.log().peers.begin()->first;
  stop();
  ASSERT_TRUE(film.wait([](auto &l) { return l.lost == 1; }));
  ASSERT_TRUE(watcher.wait([](auto &l) { return l.lost == 1; }));
  start();
  ASSERT_TRUE(film.wait_ready(2) && watcher.wait_ready(2));
  ASSERT_TRUE(
      watcher.wait([&](auto &l) { return l.peers.size() == 1 && !l.peers.contains(before); }));
  EXPECT_EQ(watcher.log().peers.begin()->second, "film");
  EXPECT_EQ(watcher.log().lost, 1);
  EXPECT_EQ(watcher.log().left_lost, std::vector<bool>{true});  // nobody knows better
}

TEST_F(RoomsClientTest, WaitsForAServerThatIsNotThereYet) {
  start();
  stop();
  Party film(loop_, at(), publisher);
  ASSERT_TRUE(film.wait([](auto &l) { return l.lost == 1; }));
  start();
  EXPECT_TRUE(film.wait_ready());
  EXPECT_TRUE(film.log().failed.empty());
}

TEST_F(RoomsClientTest, ANameThatIsTakenIsFinal) {
  start();
  Party film(loop_, at(), publisher);
  ASSERT_TRUE(film.wait_ready());
  Party other(loop_, at(), publisher);
  ASSERT_TRUE(other.wait([](auto &l) { return l.failed.size() == 1; }));
  const auto error = other.log().failed[0];
  EXPECT_EQ(error.kind, Error::Kind::refused);
  EXPECT_NE(error.message.find("\"film\" is taken"), std::string::npos);
  EXPECT_NE(error.message.find("\"stream\""), std::string::npos);
  Party elsewhere(loop_, at("another"), publisher);
  EXPECT_TRUE(elsewhere.wait_ready());
}

TEST_F(RoomsClientTest, ANameMayBeNumbered) {
  start();
  auto flexible = publisher;
  flexible.name_is_fixed = false;
  Party first(loop_, at(), flexible);
  ASSERT_TRUE(first.wait_ready());
  EXPECT_EQ(first.log().name, "film");
  Party second(loop_, at(), flexible);
  ASSERT_TRUE(second.wait_ready());
  EXPECT_EQ(second.log().name, "film-2");
}

TEST_F(RoomsClientTest, AWrongTokenIsFinal) {
  ServerSettings settings;
  settings.token = "right";
  start(settings);
  auto address = at();
  address.token = "wrong";
  Party refused(loop_, address, viewer);
  ASSERT_TRUE(refused.wait([](auto &l) { return l.failed.size() == 1; }));
  EXPECT_EQ(refused.log().failed[0].kind, Error::Kind::refused);
  EXPECT_EQ(refused.log().failed[0].message.find("wrong"), std::string::npos);
  address.token = "right";
  Party accepted(loop_, address, viewer);
  EXPECT_TRUE(accepted.wait_ready());
  Party by_query(loop_, at("lobby?stream=x&token=right"), viewer);
  EXPECT_TRUE(by_query.wait_ready());
}

TEST_F(RoomsClientTest, AnAddressWithoutSignalingIsFinal) {
  start();
  for (const char *path : {"ws/", "ws/%ff"}) {
    Party lost(loop_, at(path), viewer);
    ASSERT_TRUE(lost.wait([](auto &l) { return l.failed.size() == 1; })) << path;
    EXPECT_EQ(lost.log().failed[0].kind, Error::Kind::settings);
  }
}

TEST_F(RoomsClientTest, ARefusedRequestLeavesTheConnection) {
  start();
  Party watcher(loop_, at(), viewer);
  ASSERT_TRUE(watcher.wait_ready());
  watcher.open("nobody");
  ASSERT_TRUE(watcher.wait([](auto &l) { return l.refused.size() == 1; }));
  EXPECT_NE(watcher.log().refused[0].message.find("nobody"), std::string::npos);
  EXPECT_EQ(watcher.log().lost, 0);
}

TEST_F(RoomsClientTest, StopsSilently) {
  start();
  Party film(loop_, at(), publisher);
  film.stop();  // while it connects, or just after
  const auto before = film.log().ready;
  Party watcher(loop_, at(), viewer);
  ASSERT_TRUE(watcher.wait_ready());
  watcher.stop();
  EXPECT_EQ(film.log().ready, before);
  EXPECT_EQ(film.log().lost + watcher.log().lost, 0);
}

TEST(Registry, NamesTheSchemesItKnows) {
  EventLoop loop("test");
  for (const char *uri : {"gopher://host/", "nonsense", "ws:", "ws:///room"}) {
    Party party(loop, {uri, "", ""}, viewer);
    ASSERT_EQ(party.log().failed.size(), 1u) << uri;
    EXPECT_EQ(party.log().failed[0].kind, Error::Kind::settings);
    EXPECT_NE(party.log().failed[0].message.find("ws"), std::string::npos);
  }
  EXPECT_EQ(join(signaler_schemes(), " "), "ws wss rtc+ws rtc+wss");
}

TEST(RoomsClient, TellsWhatAnswersInsteadOfAServer) {
  const struct {
    const char *answer;
    Error::Kind kind;
    const char *words = "";
  } rows[] = {
      {"SSH-2.0-OpenSSH_9.2\r\n", Error::Kind::settings},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Error::Kind::settings},
      {"HTTP/1.1 404 Not Found\r\n\r\n", Error::Kind::settings},
      {"HTTP/1.1 403 Forbidden\r\n\r\n", Error::Kind::refused},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", Error::Kind::settings},
      {"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: forged\r\n\r\n",
       Error::Kind::settings, "does not speak WebSocket"},
  };
  EventLoop loop("test");
  for (const auto &row : rows) {
    FakeServer server(row.answer);
    Party party(loop, at(server.port()), viewer);
    ASSERT_TRUE(party.wait([](auto &l) { return l.failed.size() == 1; })) << row.answer;
    EXPECT_EQ(party.log().failed[0].kind, row.kind) << row.answer;
    EXPECT_NE(party.log().failed[0].message.find(row.words), std::string::npos) << row.answer;
  }
  FakeServer busy("HTTP/1.1 503 Service Unavailable\r\n\r\n");
  Party party(loop, at(busy.port()), viewer);
  EXPECT_TRUE(party.wait([](auto &l) { return l.lost == 1; }));
}

// The server of gst-plugins-rs confirms nothing to a peer that does not listen.
TEST(RoomsClient, NeedsNoConfirmationOfItsStatus) {
  FakeServer other([](const std::string &request) {
    const auto say = [](const char *text) {
      return ws_frame(WsMessage::Type::text, text, nullptr);
    };
    return accept_handshake(request) + say(R"({"type":"welcome","peerId":"me"})") +
           say(R"({"type":"list","producers":[{"id":"me","meta":null},{"id":"p","meta":null}]})");
  });
  EventLoop loop("test");
  Party party(loop, at(other.port()), {true, true, "film", true});
  ASSERT_TRUE(party.wait([](auto &l) { return l.peers.size() == 1; }));
  EXPECT_EQ(party.log().ready, 1);
  EXPECT_EQ(party.log().name, "film");
  EXPECT_TRUE(party.log().peers.contains("p"));
}

TEST(RoomsClient, AWebSocketServerOfAnotherKindIsFinal) {
  FakeServer echo([](const std::string &request) {
    return accept_handshake(request) + ws_frame(WsMessage::Type::text, "hello", nullptr);
  });
  EventLoop loop("test");
  Party party(loop, at(echo.port()), viewer);
  ASSERT_TRUE(party.wait([](auto &l) { return l.failed.size() == 1; }));
  EXPECT_NE(party.log().failed[0].message.find("rooms protocol"), std::string::npos);
}

}  // namespace
}  // namespace rtc
