// The server over real sockets: what a peer can see, and what a bad one cannot do to the others.
#include "server/server.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/text.hpp"
#include "net/ws_client.hpp"
#include "support/on_loop.hpp"
#include "support/raw_client.hpp"

// The leak check of gcc 12 crashes on the thread-local storage of libraries that are loaded late,
// as the TLS library is.
extern "C" const char *__asan_default_options() { return "intercept_tls_get_addr=0"; }

namespace rtc {
namespace {

using test::OnLoop;
using test::RawClient;
using test::Watched;

ServerSettings any_port() {
  ServerSettings settings;
  settings.listen = "127.0.0.1:0";
  return settings;
}

class ServerTest : public testing::Test {
 protected:
  void start(const ServerSettings &settings = any_port()) {
    error_ = {};
    loop_.call([&] {
      auto server = Server::start(loop_, settings);
      if (server)
        server_ = std::move(*server);
      else
        error_ = server.error();
    });
    if (server_) port_ = server_->port();
  }
  void TearDown() override {
    loop_.call([&] { server_.reset(); });
  }
  // The body of a plain GET; the status goes to status_.
  std::string get(const std::string &path, const std::string &headers = "",
                  const std::string &method = "GET") {
    RawClient client(port_);
    client.request(method + " " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + headers +
                   "\r\n");
    status_ = client.status();
    head_ = client.head();
    return client.body();
  }
  // How many peers the server counts.
  bool counts(const std::string &line) {
    return get("/metrics").find("\n" + line + "\n") != std::string::npos;
  }

  EventLoop loop_{"test"};
  std::unique_ptr<Server> server_;
  Error error_;
  unsigned port_ = 0;
  int status_ = 0;
  std::string head_;
};

TEST_F(ServerTest, WelcomesEveryPeerUnderAnotherId) {
  start();
  RawClient a(port_, "/"), b(port_, "/ws/lobby");
  const auto first = a.next<rooms::Welcome>(), second = b.next<rooms::Welcome>();
  EXPECT_FALSE(first.peer.empty());
  EXPECT_NE(first.peer, second.peer);
}

TEST_F(ServerTest, IsolatesRooms) {
  start();
  RawClient here(port_, "/ws/here"), there(port_, "/ws/there"), root(port_, "/"),
      named(port_, "/ws/default");
  const auto id = here.next<rooms::Welcome>().peer;
  here.send(R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"film"},"peerId":"x"})");
  here.send(R"({"type":"list"})");
  const auto own = here.next<rooms::PeerList>();
  ASSERT_EQ(own.peers.size(), 1u);
  EXPECT_EQ(own.peers[0].peer, id);
  EXPECT_EQ(own.peers[0].name, "film");

  there.next<rooms::Welcome>();
  there.send(R"({"type":"list"})");
  EXPECT_TRUE(there.next<rooms::PeerList>().peers.empty());
  there.send(R"({"type":"startSession","peerId":")" + id + "\"}");
  EXPECT_NE(there.next<rooms::Refusal>().details.find("no peer"), std::string::npos);

  // "/" is the room "default".
  root.next<rooms::Welcome>();
  named.next<rooms::Welcome>();
  named.send(R"({"type":"setPeerStatus","roles":["producer"]})");
  named.send(R"({"type":"list"})");
  EXPECT_EQ(named.next<rooms::PeerList>().peers.size(), 1u);
  root.send(R"({"type":"list"})");
  EXPECT_EQ(root.next<rooms::PeerList>().peers.size(), 1u);
}

TEST_F(ServerTest, DecodesAndLimitsRoomNames) {
  start();
  RawClient a(port_, "/ws/caf%C3%A9%2Fbar"), b(port_, "/ws/caf\u00e9%2fbar");
  a.next<rooms::Welcome>();
  b.next<rooms::Welcome>();
  a.send(R"({"type":"setPeerStatus","roles":["producer"]})");
  a.send(R"({"type":"list"})");
  a.next<rooms::PeerList>();
  b.send(R"({"type":"list"})");
  EXPECT_EQ(b.next<rooms::PeerList>().peers.size(), 1u);

  EXPECT_EQ(RawClient(port_).enter("/ws/"), 404);
  EXPECT_EQ(RawClient(port_).enter("/ws/" + std::string(129, 'x')), 400);
  EXPECT_EQ(RawClient(port_).enter("/ws/%ff"), 400);
  EXPECT_EQ(RawClient(port_).enter("/elsewhere"), 404);
}

TEST_F(ServerTest, ServesThePageHealthAndMetrics) {
  start();
  EXPECT_NE(get("/").find("<html"), std::string::npos);
  EXPECT_EQ(status_, 200);
  EXPECT_NE(head_.find("Content-Type: text/html; charset=utf-8"), std::string::npos);
  EXPECT_NE(head_.find("Cache-Control: no-cache"), std::string::npos);
  EXPECT_NE(head_.find("Content-Security-Policy: "), std::string::npos);
  const auto tag = head_.substr(head_.find("ETag: ") + 6, 24);
  EXPECT_EQ(get("/", "If-None-Match: " + tag + "\r\n"), "");
  EXPECT_EQ(status_, 304);

  get("/rtc.js");
  EXPECT_EQ(status_, 200);
  EXPECT_NE(head_.find("Content-Type: text/javascript"), std::string::npos);
  EXPECT_EQ(get("/", "", "HEAD"), "");
  EXPECT_EQ(status_, 200);
  EXPECT_EQ(get("/healthz"), "ok\n");
  EXPECT_NE(head_.find("Access-Control-Allow-Origin: *"), std::string::npos);

  RawClient peer(port_, "/");
  peer.next<rooms::Welcome>();
  peer.send("{}");
  peer.next<rooms::Refusal>();
  EXPECT_TRUE(counts("rtc_peers 1"));
  EXPECT_TRUE(counts("rtc_rooms 1"));
  EXPECT_TRUE(counts("rtc_sessions 0"));
  EXPECT_TRUE(counts("rtc_messages_total 1"));
  EXPECT_TRUE(counts("rtc_errors_total 1"));
}

TEST_F(ServerTest, AnswersWhatItDoesNotServe) {
  start();
  get("/nothing");
  EXPECT_EQ(status_, 404);
  get("/../etc/passwd");
  EXPECT_EQ(status_, 404);
  get("/", "Content-Length: 0\r\n", "POST");
  EXPECT_EQ(status_, 405);
  EXPECT_NE(head_.find("Allow: GET, HEAD"), std::string::npos);
  get("/ws/room");
  EXPECT_EQ(status_, 426);
  // An endless body is not read.
  RawClient endless(port_);
  endless.request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n");
  EXPECT_TRUE(endless.ended());
  RawClient peer(port_, "/");
  EXPECT_FALSE(peer.next<rooms::Welcome>().peer.empty());
}

TEST_F(ServerTest, AsksForTheToken) {
  auto settings = any_port();
  settings.token = "s3cret";
  start(settings);
  for (const char *path : {"/", "/ws/room", "/ws/room?token=wrong", "/?token="})
    EXPECT_EQ(RawClient(port_).enter(path), 401) << path;
  EXPECT_EQ(RawClient(port_).enter("/", "Authorization: Bearer s3cre\r\n"), 401);
  EXPECT_EQ(RawClient(port_).enter("/", "Authorization: Bearer s3cret\r\n"), 101);
  EXPECT_EQ(RawClient(port_).enter("/ws/room?x=1&token=s3cret"), 101);
  get("/metrics");
  EXPECT_EQ(status_, 401);
  EXPECT_NE(get("/metrics?token=s3cret").find("rtc_connections_refused_total 6"),
            std::string::npos);
  get("/");
  EXPECT_EQ(status_, 200);  // the page asks for the token itself
  get("/healthz");
  EXPECT_EQ(status_, 200);
}

TEST_F(ServerTest, AnswersBadMessagesAndGoesOn) {
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

TEST_F(ServerTest, ClosesOnBrokenFrames) {
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

TEST_F(ServerTest, AnswersAPingAndAGoodbye) {
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

TEST_F(ServerTest, DropsAPeerThatNeverReads) {
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

TEST_F(ServerTest, DropsAPeerThatOnlyPings) {
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

TEST_F(ServerTest, DropsAPeerThatAnswersNoPing) {
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

TEST_F(ServerTest, RefusesMoreThanMaxPeers) {
  auto settings = any_port();
  settings.max_peers = 1;
  start(settings);
  RawClient first(port_, "/");
  first.next<rooms::Welcome>();
  EXPECT_EQ(RawClient(port_).enter("/"), 503);
}

TEST_F(ServerTest, SaysGoodbyeWhenItEnds) {
  start();
  RawClient peer(port_, "/");
  peer.next<rooms::Welcome>();
  loop_.call([&] { server_.reset(); });
  EXPECT_EQ(peer.close_code(), 1001u);
}

TEST_F(ServerTest, ListensAgainOnItsPortAtOnce) {
  start();
  RawClient peer(port_, "/");
  peer.next<rooms::Welcome>();
  auto settings = any_port();
  settings.listen = format("127.0.0.1:%u", port_);
  const auto page = server_->page_url();
  EXPECT_EQ(page, "http://" + settings.listen + "/");
  EXPECT_EQ(server_->signaling_url(), "ws://" + settings.listen + "/");
  loop_.call([&] { server_.reset(); });
  start(settings);
  ASSERT_TRUE(server_) << error_.message;
}

TEST_F(ServerTest, NamesWhatIsWrongAtStart) {
  start();
  auto settings = any_port();
  const auto fails = [&](const std::string &words) {
    bool failed = false;
    loop_.call([&] {
      const auto other = Server::start(loop_, settings);
      failed = !other && other.error().kind == Error::Kind::settings &&
               other.error().message.find(words) != std::string::npos;
      if (!failed) ADD_FAILURE() << (other ? "it started" : other.error().message);
    });
    return failed;
  };
  settings.listen = format("127.0.0.1:%u", port_);
  EXPECT_TRUE(fails("in use"));
  for (const char *address :
       {"nonsense", "127.0.0.1:", "127.0.0.1:99999", "::1:80", "127.0.0.1:1x"}) {
    settings.listen = address;
    EXPECT_TRUE(fails("no address to listen on")) << address;
  }
  settings = any_port();
  settings.tls_certificate = "/nonexistent.pem";
  EXPECT_TRUE(fails("the key is missing"));
  settings.tls_key = "/nonexistent.key";
  EXPECT_TRUE(fails("/nonexistent.pem"));
  const auto folder = std::filesystem::path(testing::TempDir());
  settings.tls_certificate = folder / "garbage.pem";
  settings.tls_key = folder / "garbage.pem";
  std::ofstream(settings.tls_certificate) << "garbage\n";
  EXPECT_TRUE(fails("garbage.pem"));
}

TEST_F(ServerTest, SpeaksTls) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("tls" + random_id());
  std::filesystem::create_directory(folder);
  const std::string certificate = folder / "cert.pem", key = folder / "key.pem";
  const auto command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
      "-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,"
      "IP:127.0.0.1 -keyout " +
      key + " -out " + certificate + " 2>/dev/null";
  if (std::system(command.c_str()) != 0) GTEST_SKIP() << "no openssl command";
  auto settings = any_port();
  settings.tls_certificate = certificate;
  settings.tls_key = key;
  start(settings);
  ASSERT_TRUE(server_) << error_.message;
  EXPECT_EQ(server_->page_url().substr(0, 8), "https://");
  EXPECT_EQ(server_->signaling_url().substr(0, 6), "wss://");

  // Trusting the certificate it works; trusting the system's authorities only it is refused.
  for (const bool trusted : {true, false}) {
    Watched<std::optional<Result<OpenStream>>> result;
    const OnLoop<WsClient> client(loop_, [&] {
      return std::make_unique<WsClient>(
          loop_, WsClientSettings{server_->signaling_url(), {}, trusted ? certificate : ""},
          [&](Result<OpenStream> r) { result.change([&](auto &s) { s = std::move(r); }); });
    });
    ASSERT_TRUE(result.wait([](auto &s) { return s.has_value(); }));
    auto answer = std::move(*result.read());
    result.change([](auto &s) { s.reset(); });
    EXPECT_EQ(bool(answer), trusted);
    if (!answer) {
      EXPECT_NE(answer.error().message.find("tls-ca-file"), std::string::npos);
    }
    loop_.call([&] { answer = Error{}; });
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace rtc
