// The probe against coturn: what it accepts and refuses, and that it gets its allocations back.
#include "ice/nat_mapping.hpp"
#include "ice/turn_rest.hpp"
#include "support/coturn.hpp"
#include "support/deadline.hpp"
#include "support/probe_fixture.hpp"

// The leak check of gcc 12 crashes on the thread-local storage of libraries that are loaded late,
// as the TLS library is.
extern "C" const char *__asan_default_options() { return "intercept_tls_get_addr=0"; }

namespace rtc {
namespace {

using test::Coturn;
using test::OnLoop;
using test::to;
using test::Watched;

class CoturnTest : public test::ProbeFixture {
 protected:
  static void SetUpTestSuite() {
    if (Coturn::installed()) return;
    printf("skipped: turnserver (package coturn) is not installed\n");
    exit(77);
  }
  static ServerProbeSettings login(const Coturn &server, const std::string &scheme = "turn",
                                   const std::string &query = "") {
    auto settings = to(server.url(scheme, query), Coturn::username, Coturn::credential);
    settings.tls_ca_file = server.certificate();
    return settings;
  }
};

TEST_F(CoturnTest, AcceptsOverUdpTcpAndTls) {
  const Coturn server;
  ASSERT_TRUE(server.ready());
  for (const auto &settings :
       {login(server), login(server, "turn", "?transport=tcp"), login(server, "turns")}) {
    const auto report = run(settings);
    EXPECT_EQ(report.outcome, ProbeOutcome::works) << report.error.message;
    EXPECT_EQ(report.mapped, report.local);
    EXPECT_EQ(report.relayed.ip, "127.0.0.1");
    EXPECT_FALSE(report.relay);
  }
  auto report = run(to(server.url("stun")));
  EXPECT_EQ(report.outcome, ProbeOutcome::works) << report.error.message;
  EXPECT_EQ(report.mapped, report.local);
  EXPECT_EQ(report.remote.port, server.port());
}

TEST_F(CoturnTest, MeasuresThroughTheRelay) {
  const Coturn server;
  ASSERT_TRUE(server.ready());
  for (auto settings :
       {login(server), login(server, "turn", "?transport=tcp"), login(server, "turns")}) {
    settings.relay_packets = 10;
    const auto report = run(settings);
    ASSERT_TRUE(report.relay) << report.error.message;
    EXPECT_EQ(report.relay->error.message, "");
    EXPECT_FALSE(report.relay->to_itself);
    EXPECT_EQ(report.relay->quality.sent, 10u);
    EXPECT_EQ(report.relay->quality.received, 10u);
    EXPECT_GT(report.relay->quality.minimum, microseconds(0));
    EXPECT_LE(report.relay->quality.minimum, report.relay->quality.median);
    EXPECT_LE(report.relay->quality.median, report.relay->quality.p95);
  }
}

TEST_F(CoturnTest, ARelayThatForbidsItsPeersIsTold) {
  const Coturn server({"--denied-peer-ip=127.0.0.0-127.255.255.255"});
  ASSERT_TRUE(server.ready());
  auto settings = login(server);
  settings.relay_packets = 5;
  const auto report = run(settings);
  EXPECT_TRUE(report.works()) << report.error.message;
  ASSERT_TRUE(report.relay);
  EXPECT_EQ(report.relay->quality.received, 0u);
  EXPECT_NE(report.relay->error.message.find("403"), std::string::npos)
      << report.relay->error.message;
}

// Without that the allocation lasts for ten minutes; coturn ends it a second after it was given
// back.
TEST_F(CoturnTest, GivesEachAllocationBack) {
  const Coturn server({"--user-quota=1"});
  ASSERT_TRUE(server.ready());
  for (const auto &settings :
       {login(server), login(server, "turn", "?transport=tcp"), login(server)}) {
    const auto end = Clock::now() + test::deadline;
    auto report = run(settings);
    while (report.outcome == ProbeOutcome::quota_reached && Clock::now() < end)
      report = run(settings);
    EXPECT_TRUE(report.works()) << report.error.message;
  }
}

TEST_F(CoturnTest, GivesItsAllocationBackWhenDestroyed) {
  const Coturn server({"--user-quota=1"});
  ASSERT_TRUE(server.ready());
  auto long_one = login(server);
  long_one.relay_packets = 100000;
  std::optional<OnLoop<ServerProbe>> probe;
  // Where the other one comes first it is refused, and tries again.
  std::atomic<bool> refused = true;
  const auto until = [&](ProbeOutcome outcome, bool held) {
    const auto end = Clock::now() + test::deadline;
    while (Clock::now() < end) {
      if (held && refused.exchange(false))
        probe.emplace(loop_, [&] {
          return std::make_unique<ServerProbe>(loop_, long_one,
                                               [&](const ServerReport &) { refused = true; });
        });
      if (run(login(server, "turn", "?transport=tcp")).outcome == outcome) return true;
    }
    return false;
  };
  EXPECT_TRUE(until(ProbeOutcome::quota_reached, true));
  probe.reset();
  EXPECT_TRUE(until(ProbeOutcome::works, false));
}

// Frees its allocation when its socket closes.
class HeldAllocation {
 public:
  explicit HeldAllocation(const Coturn &server) : client_(Coturn::username, Coturn::credential) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(server.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(fd_, reinterpret_cast<sockaddr *>(&address), sizeof address);
    auto bytes = client_.start({StunRequest::Kind::allocate, 600, {}});
    for (int i = 0; i < 3 && !held_; i++) {
      send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      char buffer[1500];
      const auto size = recv(fd_, buffer, sizeof buffer, 0);
      if (size <= 0) return;
      const auto event = client_.read({buffer, static_cast<size_t>(size)});
      held_ = event.kind == StunEvent::Kind::success;
      bytes = event.bytes;
    }
  }
  ~HeldAllocation() { ::close(fd_); }
  bool held() const { return held_; }

 private:
  StunClient client_;
  int fd_ = -1;
  bool held_ = false;
};

TEST_F(CoturnTest, TellsWhenTheQuotaIsReached) {
  const Coturn server({"--user-quota=1"});
  ASSERT_TRUE(server.ready());
  const HeldAllocation held(server);
  ASSERT_TRUE(held.held());
  const auto report = run(login(server));
  EXPECT_EQ(report.outcome, ProbeOutcome::quota_reached) << report.error.message;
  EXPECT_EQ(report.code, 486);
}

TEST_F(CoturnTest, TellsWrongMissingAndExpiredCredentialsApart) {
  const Coturn server;
  ASSERT_TRUE(server.ready());
  auto report = run(to(server.url(), Coturn::username, "wrong"));
  EXPECT_EQ(report.outcome, ProbeOutcome::credentials_refused) << report.error.message;
  EXPECT_EQ(report.code, 401);
  EXPECT_TRUE(mentions(report, "refused the user name or password"));
  report = run(to(server.url()));
  EXPECT_EQ(report.outcome, ProbeOutcome::credentials_missing) << report.error.message;

  const Coturn timed({"--use-auth-secret", "--static-auth-secret=s3cret"}, false);
  ASSERT_TRUE(timed.ready());
  const auto now = g_get_real_time() / G_USEC_PER_SEC;
  const TurnRest rest{"s3cret", seconds(600)};
  const auto good = mint_turn_credentials(rest, "ann", now);
  EXPECT_TRUE(run(to(timed.url(), good.username, good.credential)).works());
  const auto old = mint_turn_credentials(rest, "ann", now - 1200);
  report = run(to(timed.url(), old.username, old.credential));
  EXPECT_EQ(report.outcome, ProbeOutcome::credentials_expired) << report.error.message;
  EXPECT_TRUE(mentions(report, "expired"));
}

TEST_F(CoturnTest, TellsWhyACertificateIsNotTrusted) {
  const Coturn server, other;
  ASSERT_TRUE(server.ready() && other.ready());
  auto settings = login(server, "turns");
  settings.tls_ca_file = other.certificate();
  auto report = run(settings);
  EXPECT_EQ(report.outcome, ProbeOutcome::tls_failed) << report.error.message;
  EXPECT_TRUE(mentions(report, "no trusted authority")) << report.error.message;
  settings.tls_ca_file = "/nonexistent.pem";
  report = run(settings);
  EXPECT_EQ(report.outcome, ProbeOutcome::not_possible) << report.error.message;
}

TEST_F(CoturnTest, NoNatIsSeenOnLoopback) {
  const Coturn one, two;
  ASSERT_TRUE(one.ready() && two.ready());
  Watched<std::optional<NatMapping>> got;
  std::vector<MappingAnswer> answers;
  const std::vector<IpPort> servers = {{"127.0.0.1", one.port()}, {"127.0.0.1", two.port()}};
  OnLoop<MappingProbe> probe(loop_, [&] {
    return std::make_unique<MappingProbe>(loop_, servers, LocalSide(), seconds(10),
                                          [&](NatMapping mapping, std::vector<MappingAnswer> all) {
                                            answers = std::move(all);
                                            got.change([&](auto &state) { state = mapping; });
                                          });
  });
  ASSERT_TRUE(got.wait([](const auto &state) { return state.has_value(); }));
  EXPECT_EQ(got.read(), NatMapping::none);
  EXPECT_EQ(answers.size(), 2u);
}

}  // namespace
}  // namespace rtc
