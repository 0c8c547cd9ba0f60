// The tool rtc-ice-check as a process: what it prints, where, and its exit code.
#include <gio/gio.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "support/coturn.hpp"
#include "support/fake_stun.hpp"

namespace rtc {
namespace {

using test::Coturn;
using test::FakeUdpServer;

struct Finished {
  int code = -1;
  std::string out, err;
};

Finished run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), RTC_ICE_CHECK);
  std::vector<char *> argv;
  for (auto &argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  char *out = nullptr, *err = nullptr;
  int status = 0;
  GError *raw = nullptr;
  g_spawn_sync(nullptr, argv.data(), nullptr, G_SPAWN_DEFAULT, nullptr, nullptr, &out, &err,
               &status, &raw);
  const ErrorPtr error(raw);
  const CharPtr out_owner(out), err_owner(err);
  EXPECT_FALSE(error) << error->message;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, out ? out : "", err ? err : ""};
}

class IceCheckTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directory(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string &name, const std::string &text) const {
    std::ofstream(folder_ / name) << text << "\n";
    return folder_ / name;
  }
  // Runs on loopback, with --json; `json_` is what it printed. Under a sanitizer TLS alone takes
  // seconds to load.
  int check(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--json", "--interfaces", "127.0.0.1", "--timeout", "30"});
    run_ = run(arguments);
    const auto parsed = parse_json(run_.out);
    EXPECT_TRUE(parsed) << run_.out << run_.err;
    json_ = parsed ? *parsed : JsonValue{};
    return run_.code;
  }
  const JsonValue &server(size_t i) const {
    static const JsonValue none;
    const auto *servers = json_.find("servers");
    return servers && i < servers->items.size() ? servers->items[i] : none;
  }
  static std::string text(const JsonValue &object, const char *name) {
    const auto *member = object.find(name);
    return member ? member->text().value_or("") : "";
  }
  std::string outcome(size_t i) const { return text(server(i), "outcome"); }
  size_t candidates(const std::string &type) const {
    size_t count = 0;
    for (const auto &candidate : json_.find("candidates")->items)
      count += text(candidate, "type") == type;
    return count;
  }
  bool complains(const std::string &words) const {
    return run_.err.find(words) != std::string::npos;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("ice-check-" + random_id());
  Finished run_;
  JsonValue json_;
};

class IceCheckCoturnTest : public IceCheckTest {
 protected:
  void SetUp() override {
    IceCheckTest::SetUp();
    if (!Coturn::installed()) GTEST_SKIP() << "turnserver (package coturn) is not installed";
  }
  // With user and password in the URL, percent-encoded.
  static std::string login(const Coturn &server, const std::string &scheme = "turn",
                           const std::string &query = "") {
    auto url = server.url(scheme, query);
    return url.replace(0, scheme.size() + 1, scheme + ":user:pass%3Aw%40rd@");
  }
};

TEST_F(IceCheckCoturnTest, AllIsWell) {
  const Coturn one, two;
  ASSERT_TRUE(one.ready() && two.ready());
  EXPECT_EQ(check({"--tls-ca-file", one.certificate(), one.url("stun"), two.url("stun"), login(one),
                   login(one, "turns")}),
            0)
      << run_.out << run_.err;
  EXPECT_TRUE(json_.find("works")->is_true());
  ASSERT_EQ(json_.find("servers")->items.size(), 5u);
  const char *transports[] = {"udp", "udp", "udp", "tcp", "tls"};
  for (size_t i = 0; i < 5; i++) {
    EXPECT_EQ(outcome(i), "works") << i;
    EXPECT_EQ(text(server(i), "transport"), transports[i]);
    const auto *relay = server(i).find("relay");
    ASSERT_EQ(relay != nullptr, i >= 2);
    if (!relay) continue;
    EXPECT_EQ(text(*relay, "path"), "peer");
    EXPECT_EQ(relay->find("sent")->integer(), 50);
    EXPECT_GE(relay->find("received")->integer().value_or(0), 40);
    EXPECT_TRUE(relay->find("roundTripMs")->find("median"));
  }
  EXPECT_EQ(candidates("host"), 1u);
  EXPECT_GE(candidates("relay"), 1u);
  ASSERT_TRUE(json_.find("nat"));
  EXPECT_EQ(text(*json_.find("nat"), "mapping"), "none");
  EXPECT_EQ(run_.err, "");
}

TEST_F(IceCheckCoturnTest, ReadsCredentialsAndSecretsFromFiles) {
  const Coturn plain, timed({"--use-auth-secret", "--static-auth-secret=s3cret"}, false);
  ASSERT_TRUE(plain.ready() && timed.ready());
  const auto udp = "?transport=udp";
  EXPECT_EQ(check({"--username", "user", "--credential-file", file("pass", Coturn::credential),
                   plain.url("turn", udp)}),
            0)
      << run_.err;
  EXPECT_EQ(check({"--turn-secret-file", file("secret", "s3cret"), timed.url("turn", udp)}), 0)
      << run_.err;
  EXPECT_EQ(check({"--turn-secret-file", file("secret", "other"), timed.url("turn", udp)}), 1);
  EXPECT_EQ(outcome(0), "credentials_refused");
}

TEST_F(IceCheckCoturnTest, ItsOwnAllocationsDoNotUseUpTheQuota) {
  const Coturn server({"--user-quota=1"});
  ASSERT_TRUE(server.ready());
  EXPECT_EQ(check({login(server)}), 0) << run_.err;
  EXPECT_EQ(outcome(1), "works");
}

TEST_F(IceCheckCoturnTest, FailuresHaveCauseAndRemedyAndNoSecret) {
  const Coturn coturn;
  ASSERT_TRUE(coturn.ready());
  const auto port = std::to_string(coturn.port());
  EXPECT_EQ(check({"turn:user:wr0ng@127.0.0.1:" + port + "?transport=udp",
                   "turns:user:wr0ng@127.0.0.1:" + std::to_string(coturn.tls_port()),
                   "turn:127.0.0.1:" + port + "?transport=tcp", "stun:no-such-host.invalid"}),
            1);
  const char *outcomes[] = {"credentials_refused", "tls_failed", "credentials_missing",
                            "not_resolved"};
  for (size_t i = 0; i < 4; i++) {
    EXPECT_EQ(outcome(i), outcomes[i]);
    EXPECT_NE(text(server(i), "error"), "");
    EXPECT_TRUE(complains(text(server(i), "error")));
  }
  EXPECT_EQ((run_.out + run_.err).find("wr0ng"), std::string::npos);
}

TEST_F(IceCheckCoturnTest, PrintsTables) {
  const Coturn server;
  ASSERT_TRUE(server.ready());
  const auto done = run({"--interfaces", "127.0.0.1", server.url("stun")});
  EXPECT_EQ(done.code, 0) << done.err;
  for (const auto *words : {"Candidates\n", "host  UDP       127.0.0.1:", "Servers\n", "works"})
    EXPECT_NE(done.out.find(words), std::string::npos) << words << "\n" << done.out;
}

TEST_F(IceCheckTest, WrongUsageIsTwo) {
  const std::vector<std::vector<std::string>> lines = {
      {"--nonsense"},
      {"http://host/"},
      {"turn:user@host"},
      {"--timeout", "0", "stun:host"},
      {"--timeout", "nan", "stun:host"},
      {"--port-range", "9-1", "stun:host"},
      {"--interfaces", "a b", "stun:host"},
      {"--username", "user", "turn:host"},
      {"--username", "u", "--credential-file", "/nonexistent", "turn:host"},
      {"--turn-secret-file", "/dev/null", "turn:host"},
  };
  for (const auto &line : lines) {
    const auto done = run(line);
    EXPECT_EQ(done.code, 2) << line[0];
    EXPECT_TRUE(done.err.starts_with("rtc-ice-check: ")) << done.err;
    EXPECT_EQ(done.out, "");
  }
  EXPECT_EQ(run({"--help"}).code, 0);
  EXPECT_EQ(run({"--version"}).out, "rtc-ice-check " RTC_VERSION "\n");
}

TEST_F(IceCheckTest, WithoutServersItGathersHostCandidates) {
  EXPECT_EQ(check({}), 0);
  EXPECT_EQ(candidates("host"), 1u);
}

TEST_F(IceCheckTest, WaitsNoLongerThanItIsTold) {
  const FakeUdpServer silent([](const auto &) { return ""; });
  EXPECT_EQ(check({"--timeout", "0.5", format("stun:127.0.0.1:%u", silent.port())}), 1);
  EXPECT_EQ(outcome(0), "timeout");
  EXPECT_TRUE(complains("did not answer within 0.5 s")) << run_.err;
}

TEST_F(IceCheckTest, SaysWhenNoInterfaceOrPortIsLeft) {
  run_ = run({"--interfaces", "nope0", "stun:127.0.0.1:9"});
  EXPECT_EQ(run_.code, 1);
  EXPECT_TRUE(complains("nope0 leaves no network interface")) << run_.err;
  const FakeUdpServer taken([](const auto &) { return ""; });
  const auto port = std::to_string(taken.port());
  EXPECT_EQ(check({"--port-range", port + "-" + port, "stun:127.0.0.1:9"}), 1);
  EXPECT_EQ(outcome(0), "not_possible");
  EXPECT_TRUE(complains("No local port can be had on 127.0.0.1 in the range " + port)) << run_.err;
}

}  // namespace
}  // namespace rtc
