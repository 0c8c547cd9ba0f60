// Data pads of rtcpeer: what both sides of a call write to each other.
#include "support/call_fixture.hpp"
#include "support/data_pipeline.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

class CallData : public Call {
 protected:
  // Writes and reads text beside `rest`.
  std::string writer(const std::string &name, const std::string &rest,
                     const std::string &properties = "") const {
    return peer(name,
                rest + app_source("text", "p.data_0") +
                    "p.data_src_0 ! fakesink name=heard sync=false async=false ",
                "data_0::label=chat " + properties);
  }
};

std::vector<std::string> numbered(const std::string &what, int count) {
  std::vector<std::string> messages;
  for (int i = 0; i < count; i++) messages.push_back(what + std::to_string(i));
  return messages;
}

}  // namespace

TEST_F(CallData, BothReadWhatTheOtherWrites) {
  for (const bool with_sound : {true, false}) {
    const auto sound = [&](unsigned frequency) {
      return with_sound ? tone(frequency) + hears : std::string();
    };
    Pipeline door(writer("door", sound(400)));
    Pipeline desk(writer("desk", sound(1000), "peer=door"));
    Heard at_door(door, "heard"), at_desk(desk, "heard");
    door.play();
    wait_ready(door);
    desk.play();
    ASSERT_TRUE(wait_for_first(door, "text", at_desk));
    ASSERT_TRUE(wait_for_first(desk, "text", at_door));
    for (const auto &question : numbered("question ", 100)) push(desk, "text", question);
    for (const auto &answer : numbered("answer ", 100)) push(door, "text", answer);
    EXPECT_TRUE(at_door.wait_for("text/x-raw:question 99"));
    EXPECT_TRUE(at_desk.wait_for("text/x-raw:answer 99"));
    EXPECT_EQ(at_door.without(hello), numbered("text/x-raw:question ", 100));
    EXPECT_EQ(at_desk.without(hello), numbered("text/x-raw:answer ", 100));
    EXPECT_TRUE(act(desk, "hang-up", "enough"));
    EXPECT_TRUE(at_door.wait_end());
    EXPECT_TRUE(at_desk.wait_end());
    // What writes is the application's to end.
    end(door, "text");
    end(desk, "text");
    EXPECT_TRUE(door.wait_eos());
    EXPECT_TRUE(desk.wait_eos());
    EXPECT_EQ(door.error() + desk.error(), "");
    EXPECT_EQ(door.warnings().size() + desk.warnings().size(), 0u);
  }
}

TEST_F(CallData, AStreamThatItsEndCutsShortIsAnError) {
  Pipeline door(peer("door", hears + std::string(" p.data_src_0 ! fakesink name=heard sync=false "
                                                 "async=false")));
  Pipeline desk(peer("desk", tone(1000) + app_source("bytes", "p.data_0", binary_caps),
                     "peer=door data_0::data-framing=stream"));
  Heard heard(door, "heard");
  door.play();
  wait_ready(door);
  desk.play();
  push(desk, "bytes", "half of it");
  ASSERT_TRUE(heard.wait(1));
  EXPECT_TRUE(act(desk, "hang-up", "enough"));
  EXPECT_NE(door.wait_error().find("is cut short"), std::string::npos) << door.error();
}
