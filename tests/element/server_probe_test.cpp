// The probe against servers that answer what they should not, or not at all.
#include "support/fake_server.hpp"
#include "support/fake_stun.hpp"
#include "support/probe_fixture.hpp"

// The leak check of gcc 12 crashes on the thread-local storage of libraries that are loaded late,
// as the TLS library is.
extern "C" const char *__asan_default_options() { return "intercept_tls_get_addr=0"; }

namespace rtc {
namespace {

using test::answer_stun;
using test::FakeAnswer;
using test::FakeServer;
using test::FakeUdpServer;
using test::OnLoop;
using test::to;
using test::Watched;

class ServerProbeTest : public test::ProbeFixture {
 protected:
  // A server that answers each request as told.
  ServerReport run_against(const FakeUdpServer::Answer &answer, milliseconds timeout,
                           const std::string &scheme = "turn") {
    const FakeUdpServer server(answer);
    auto settings = to(format("%s:127.0.0.1:%u", scheme.c_str(), server.port()));
    if (scheme == "turn") {
      settings.username = "user";
      settings.credential = "secret";
    }
    settings.timeout = timeout;
    return run(settings);
  }
};

TEST_F(ServerProbeTest, TellsTimeOutAndClosedPort) {
  auto report = run_against([](const auto &) { return ""; }, milliseconds(700));
  EXPECT_EQ(report.outcome, ProbeOutcome::timeout) << report.error.message;
  EXPECT_TRUE(mentions(report, "within 0.7 s")) << report.error.message;
  EXPECT_GE(report.time, milliseconds(700));

  unsigned port = 0;
  {
    port = FakeUdpServer([](const auto &) { return ""; }).port();
  }
  for (const auto *query : {"", "?transport=tcp"}) {
    report = run(to(format("turn:127.0.0.1:%u%s", port, query), "user", "secret"));
    EXPECT_EQ(report.outcome, ProbeOutcome::unreachable) << report.error.message;
    EXPECT_TRUE(mentions(report, "refused")) << report.error.message;
  }
  report = run(to("stun:no-such-host.invalid"));
  EXPECT_EQ(report.outcome, ProbeOutcome::not_resolved) << report.error.message;
  report = run(to("turn:no-such-host.invalid?transport=tcp", "user", "secret"));
  EXPECT_EQ(report.outcome, ProbeOutcome::not_resolved) << report.error.message;
}

TEST_F(ServerProbeTest, AsksAgainWhereAPacketIsLost) {
  std::atomic<int> packets = 0;
  const auto report = run_against(
      [&](const std::string &packet) {
        FakeAnswer answer;
        answer.mapped = {"192.0.2.1", 4000};
        return ++packets == 1 ? "" : answer_stun(packet, answer);
      },
      seconds(10), "stun");
  EXPECT_EQ(report.outcome, ProbeOutcome::works) << report.error.message;
  EXPECT_EQ(report.mapped.text(), "192.0.2.1:4000");
}

TEST_F(ServerProbeTest, TellsWhatServersSayApart) {
  const std::pair<int, ProbeOutcome> rows[] = {{438, ProbeOutcome::stale_nonce},
                                               {486, ProbeOutcome::quota_reached},
                                               {508, ProbeOutcome::no_capacity},
                                               {403, ProbeOutcome::stun_error},
                                               {300, ProbeOutcome::stun_error}};
  for (const auto &[code, outcome] : rows) {
    const auto report = run_against(
        [code = code](const std::string &packet) {
          const bool first = packet.find("realm") == std::string::npos;
          FakeAnswer answer;
          answer.error = first ? 401 : code;
          answer.realm = "realm";
          answer.nonce = "nonce";
          answer.username = "user";
          if (!first && code != 438) answer.credential = "secret";
          return answer_stun(packet, answer);
        },
        seconds(10));
    EXPECT_EQ(report.outcome, outcome) << report.error.message;
    EXPECT_EQ(report.code, code);
  }
}

TEST_F(ServerProbeTest, NonsenseOverUdpEndsAsNonsense) {
  int count = 0;
  const auto report = run_against(
      [&](const std::string &packet) {
        FakeAnswer answer;
        answer.mapped = {"192.0.2.1", 4000};
        auto cut = answer_stun(packet, answer);
        cut.resize(cut.size() - 1 - static_cast<size_t>(count++ % 20));
        return count % 2 ? cut : std::string("\x01\x01\xff\xff") + packet;
      },
      milliseconds(1200), "stun");
  EXPECT_EQ(report.outcome, ProbeOutcome::not_stun) << report.error.message;
}

TEST_F(ServerProbeTest, NonsenseOverTcpAndTlsEndsAsNonsense) {
  const std::pair<std::string, std::string> rows[] = {
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "is not STUN"},
      {"", "closes the connection"},
      {"\x01\x01", "closes the connection"}};
  for (const auto &[text, words] : rows) {
    const FakeServer server(text);
    const auto report =
        run(to(format("turn:127.0.0.1:%u?transport=tcp", server.port()), "user", "secret"));
    EXPECT_EQ(report.outcome, ProbeOutcome::not_stun) << report.error.message;
    EXPECT_TRUE(mentions(report, words)) << report.error.message;
  }
  const FakeServer server("HTTP/1.1 400 Bad Request\r\n\r\n");
  const auto report = run(to(format("turns:127.0.0.1:%u", server.port()), "user", "secret"));
  EXPECT_EQ(report.outcome, ProbeOutcome::tls_failed) << report.error.message;
}

TEST_F(ServerProbeTest, SaysWhatItCannotAsk) {
  auto settings = to("turn:127.0.0.1", "user");
  EXPECT_EQ(run(settings).outcome, ProbeOutcome::not_possible);
  settings = to("stun:127.0.0.1");
  settings.local.addresses = {"::1"};
  EXPECT_EQ(run(settings).outcome, ProbeOutcome::not_possible);
  const FakeUdpServer taken([](const auto &) { return ""; });
  settings.local.addresses = {"127.0.0.1"};
  settings.local.ports = {taken.port(), taken.port()};
  const auto report = run(settings);
  EXPECT_EQ(report.outcome, ProbeOutcome::not_possible);
  EXPECT_TRUE(mentions(report, std::to_string(taken.port()))) << report.error.message;
}

TEST_F(ServerProbeTest, GivesBackWhatItMayHaveWhenDestroyed) {
  Watched<std::vector<std::string>> packets;
  const FakeUdpServer server([&](const std::string &packet) {
    packets.change([&](auto &state) { state.push_back(packet); });
    FakeAnswer challenge;
    challenge.error = 401;
    challenge.realm = "realm";
    challenge.nonce = "nonce";
    // The allocation itself gets no answer.
    return packet.find("realm") == std::string::npos ? answer_stun(packet, challenge) : "";
  });
  OnLoop<ServerProbe> probe(loop_, [&] {
    const auto settings = to(format("turn:127.0.0.1:%u", server.port()), "user", "secret");
    return std::make_unique<ServerProbe>(loop_, settings, [](const ServerReport &) {});
  });
  EXPECT_TRUE(packets.wait([](const auto &all) { return all.size() >= 2; }));
  probe.reset();
  const std::string refresh("\x00\x04", 2);
  EXPECT_TRUE(packets.wait([&](const auto &all) { return all.back().starts_with(refresh); }));
}

TEST_F(ServerProbeTest, DestroyingItEndsItAtAnyMoment) {
  const FakeUdpServer silent([](const auto &) { return ""; });
  const auto port = silent.port();
  for (const auto *scheme : {"stun:127.0.0.1:%u", "turn:127.0.0.1:%u", "turns:127.0.0.1:%u",
                             "turn:localhost:%u?transport=tcp"}) {
    const auto url = format(scheme, port);
    for (int turns = 0; turns < 4; turns++) {
      bool called = false;
      {
        OnLoop<ServerProbe> probe(loop_, [&] {
          return std::make_unique<ServerProbe>(loop_, to(url, "user", "secret"),
                                               [&](const ServerReport &) { called = true; });
        });
        // Lets the loop go on a little, to another point each time.
        for (int i = 0; i < turns; i++) loop_.call([] {});
        probe.reset();
        called = false;
      }
      loop_.call([] {});
      EXPECT_FALSE(called);
    }
  }
}

}  // namespace
}  // namespace rtc
