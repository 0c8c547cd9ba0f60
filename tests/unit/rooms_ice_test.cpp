// What rooms tell of STUN and TURN: in the welcome, and to whom asks again.
#include <gtest/gtest.h>

#include "support/rooms_fixture.hpp"

namespace rtc {
namespace {

using namespace rooms;

class RoomsIce : public testing::Test {
 protected:
  std::string text() {
    EXPECT_EQ(out_.size(), 1u);
    const auto text = out_.empty() ? "" : out_.back().text;
    out_.clear();
    return text;
  }

  IceOffer offer_{{{{"turn:t"}, "", ""}}, 60, {}};
  int minted_ = 0;
  Rooms rooms_{{[this](const std::string &peer) {
                  offer_.servers[0].username = std::to_string(++minted_) + ":" + peer;
                  offer_.servers[0].credential = "c";
                  return offer_;
                },
                [] { return "x"; }}};
  Rooms::Outbox out_;
};

TEST_F(RoomsIce, TellsServersInTheWelcomeAndWhenAsked) {
  rooms_.connect("r", out_);
  const std::string first =
      R"("iceServers":[{"urls":["turn:t"],"username":"1:x","credential":"c"}])";
  EXPECT_EQ(text(), R"({"type":"welcome","peerId":"x",)" + first + R"(,"lifetime":60})");
  rooms_.message("x", R"({"type":"iceServers"})", out_);
  const std::string next =
      R"("iceServers":[{"urls":["turn:t"],"username":"2:x","credential":"c"}])";
  EXPECT_EQ(text(), R"({"type":"iceServers",)" + next + R"(,"lifetime":60})");
  EXPECT_EQ(rooms_.counts().errors, 0u);
}

TEST_F(RoomsIce, ALifetimeIsToldOnlyWhereThereIsOne) {
  offer_.lifetime = 0;
  rooms_.connect("r", out_);
  EXPECT_EQ(text().find("lifetime"), std::string::npos);
}

TEST_F(RoomsIce, WithoutServersTheWelcomeIsAsBefore) {
  Rooms plain({nullptr, [] { return "x"; }});
  plain.connect("r", out_);
  EXPECT_EQ(text(), R"({"type":"welcome","peerId":"x"})");
  plain.message("x", R"({"type":"iceServers"})", out_);
  EXPECT_EQ(text(), R"({"type":"iceServers","iceServers":[]})");
}

}  // namespace
}  // namespace rtc
