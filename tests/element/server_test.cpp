// The server over real sockets: rooms, pages, the token, TLS, and what is wrong at its start.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/text.hpp"
#include "net/ws_client.hpp"
#include "support/on_loop.hpp"
#include "support/server_fixture.hpp"

// The leak check of gcc 12 crashes on the thread-local storage of libraries that are loaded late,
// as the TLS library is.
extern "C" const char *__asan_default_options() { return "intercept_tls_get_addr=0"; }

namespace rtc {
namespace {

using test::any_port;
using test::OnLoop;
using test::RawClient;
using test::Watched;

class ServerTest : public test::ServerFixture {};

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

  EXPECT_EQ(RawClient(port_).enter("/ws/100%25"), 101);  // decoded once
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
