// Lists of ICE servers, as people and as programs write them.
#include "ice/ice_server.hpp"

#include <gtest/gtest.h>

namespace rtc {
namespace {

// The servers in one line each.
std::string shown(const IceServers &servers) {
  std::string out;
  for (const auto &server : servers) {
    for (const auto &url : server.urls) out += url + " ";
    out += server.username + "/" + server.credential + "\n";
  }
  return out;
}

std::string parsed(std::string_view text) {
  const auto servers = parse_ice_servers(text);
  return servers ? shown(*servers) : servers.error().message;
}

TEST(IceServers, ReadsAList) {
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed(" \t\r\n"), "");
  EXPECT_EQ(parsed(",, ,"), "");
  EXPECT_EQ(parsed("stun:a"), "stun:a /\n");
  EXPECT_EQ(parsed("stun:a, turn:u:p@b\n\tturns:c:443"), "stun:a /\nturn:b u/p\nturns:c:443 /\n");
  EXPECT_EQ(parsed("turn:u%2C%20v:p%40q@b?transport=tcp"), "turn:b?transport=tcp u, v/p@q\n");
}

TEST(IceServers, ReadsJson) {
  EXPECT_EQ(parsed("[]"), "");
  EXPECT_EQ(parsed(R"({"urls":"stun:a"})"), "stun:a /\n");
  EXPECT_EQ(parsed(R"( [{"urls":["stun:a","turn:b?transport=tcp"],"username":"u","credential":"p"},
                        {"urls":"stun://c:3478","credentialType":"password","extra":[1]}] )"),
            "stun:a turn:b?transport=tcp u/p\nstun:c /\n");
  EXPECT_EQ(parsed(R"({"urls":"turn:h","username":"","credential":null})"), "turn:h /\n");
  EXPECT_EQ(parsed(R"({"urls":["stun:a","turn:u:p@b","stun:c"]})"),
            "stun:a stun:c /\nturn:b u/p\n");
}

TEST(IceServers, NamesTheEntryThatIsWrong) {
  const struct {
    const char *text, *words;
  } rows[] = {
      {"stun:a nonsense", "\"nonsense\" is no ICE server"},
      {"stun:a,turn:u:sesame@b:x", "\"turn:***@b:***\" is no ICE server: a port"},
      {"turn:u:sesame @h", "\"turn:u:***\" is no ICE server"},
      {"stun:a;stun:b", "\"stun:a;stun:***\" is no ICE server"},
      {"[", "not valid JSON"},
      {"[{]", "not valid JSON"},
      {R"([{"urls":"stun:a"},])", "not valid JSON"},
      {R"({"urls":"turn:a","credential":"sesame)", "not valid JSON"},
      {R"(["stun:a"])", "ICE server 1: it is no object"},
      {R"([{"urls":"stun:a"},[]])", "ICE server 2: it is no object"},
      {"[null]", "ICE server 1: it is no object"},
      {"{}", "ICE server 1: \"urls\" is missing"},
      {R"({"url":"stun:a"})", "\"urls\" is missing"},
      {R"({"urls":5})", "neither a string nor an array"},
      {R"({"urls":{}})", "neither a string nor an array"},
      {R"({"urls":[]})", "\"urls\" is empty"},
      {R"({"urls":[7]})", "not a string"},
      {R"({"urls":["stun:a",["stun:b"]]})", "not a string"},
      {R"({"urls":""})", "\"\" is no ICE server"},
      {R"([{"urls":"stun:a"},{"urls":["stun:a","ftp:b"]}])", "\"ftp:b\" is no ICE server"},
      {R"({"urls":"turn:a","username":5,"credential":"sesame"})", "\"username\" is not a string"},
      {R"({"urls":"turn:a","username":"u","credential":["sesame"]})",
       "\"credential\" is not a string"},
      {R"({"urls":"turn:a","username":"u"})", "come together"},
      {R"({"urls":"turn:a","credential":"sesame"})", "come together"},
      {R"({"urls":"turn:u:sesame@a","username":"u","credential":"sesame"})", "and beside it"},
      {R"({"urls":"turn:a","credentialType":"oauth"})", "\"credentialType\" is not \"password\""},
  };
  for (const auto &row : rows) {
    const auto servers = parse_ice_servers(row.text);
    ASSERT_FALSE(servers) << row.text;
    EXPECT_EQ(servers.error().kind, Error::Kind::settings);
    const auto &message = servers.error().message;
    EXPECT_NE(message.find(row.words), std::string::npos) << row.text << ": " << message;
    EXPECT_EQ((message + servers.error().detail).find("sesame"), std::string::npos) << message;
  }
}

TEST(IceServers, KeepsWhatCanBeUsedOfAPeersList) {
  const std::string text = R"([{"urls":["quic:x","stun:a"]},5,{"urls":"turn:b","username":"u",)"
                           R"("credential":"p"},{"urls":"turns:c?transport=udp"}])";
  const auto value = parse_json(text);
  ASSERT_TRUE(value);
  std::vector<Error> problems;
  EXPECT_EQ(shown(read_ice_servers(*value, problems)), "stun:a /\nturn:b u/p\n");
  EXPECT_EQ(problems.size(), 3u);
  const auto number = parse_json("5");
  EXPECT_TRUE(read_ice_servers(*number, problems).empty());
  EXPECT_EQ(problems.size(), 4u);
}

TEST(IceServers, WritesWhatItReads) {
  const IceServers servers{{{"stun:a", "turn:b"}, "u\"", "p"}, {{"stun:c"}, "", ""}};
  const auto text = write_ice_servers(servers);
  EXPECT_EQ(
      text,
      R"([{"urls":["stun:a","turn:b"],"username":"u\"","credential":"p"},{"urls":["stun:c"]}])");
  EXPECT_EQ(parsed(text), shown(servers));
  EXPECT_EQ(write_ice_servers({}), "[]");
}

TEST(IceServers, TellsWhereCredentialsAreMissing) {
  EXPECT_FALSE(lacks_credentials({{"stun:a"}, "", ""}));
  EXPECT_TRUE(lacks_credentials({{"stun:a", "turns:b"}, "", ""}));
  EXPECT_FALSE(lacks_credentials({{"turn:b"}, "u", "p"}));
}

}  // namespace
}  // namespace rtc
