// Time-limited TURN credentials against a vector that openssl made.
#include "ice/turn_rest.hpp"

#include <gtest/gtest.h>

namespace rtc {
namespace {

// printf %s 1700086400:alice | openssl dgst -sha1 -hmac north -binary | base64
TEST(TurnRest, MintsWhatCoturnExpects) {
  const auto minted = mint_turn_credentials({"north", seconds(86400)}, "alice", 1700000000);
  EXPECT_EQ(minted.username, "1700086400:alice");
  EXPECT_EQ(minted.credential, "SXua5ne/+mDhiHTp0pQJzRO4ESg=");
}

TEST(TurnRest, FillsInWhereCredentialsAreMissing) {
  IceServers servers{{{"stun:a"}, "", ""}, {{"turn:b"}, "u", "p"}, {{"turn:c", "turns:c"}, "", ""}};
  EXPECT_TRUE(add_turn_credentials(servers, {"s", seconds(60)}, "me", 100));
  EXPECT_EQ(servers[0].username, "");
  EXPECT_EQ(servers[1].credential, "p");
  EXPECT_EQ(servers[2].username, "160:me");
  EXPECT_FALSE(servers[2].credential.empty());

  IceServers fixed{{{"stun:a"}, "", ""}, {{"turn:b"}, "u", "p"}};
  EXPECT_FALSE(add_turn_credentials(fixed, {"s", seconds(60)}, "me", 100));
  IceServers open{{{"turn:c"}, "", ""}};
  EXPECT_FALSE(add_turn_credentials(open, {"", seconds(60)}, "me", 100));
  EXPECT_EQ(open[0].username, "");
}

}  // namespace
}  // namespace rtc
