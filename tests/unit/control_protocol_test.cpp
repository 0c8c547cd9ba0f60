// The messages of a control channel, those of others and hostile ones among them.
#include "control/control_protocol.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace rtc {
namespace {

using namespace std::chrono_literals;
using Kind = PlaybackRequest::Kind;

ControlRequest read(std::string_view text) {
  const auto request = read_control_request(text);
  EXPECT_TRUE(request) << text;
  return request ? *request : ControlRequest();
}

std::string error_of(const std::string &request) {
  const auto read_back = read(R"({"id":7,"request":)" + request + "}");
  EXPECT_EQ(read_back.id, 7u);
  const auto *error = std::get_if<Error>(&read_back.what);
  return error ? error->message : "none";
}

TEST(ControlProtocol, WhatRemoteControllerSends) {
  const auto move = read(
      R"({"id":3,"request":{"type":"navigationEvent","event":{"event":"MouseMove","x":10.25,"y":20,)"
      R"("modifier_state":"shift-mask+button1-mask"}}})");
  EXPECT_EQ(move.id, 3u);
  EXPECT_EQ(move.mid, "");
  const auto &input = std::get<NavigationInput>(move.what);
  EXPECT_EQ(input.event, "MouseMove");
  EXPECT_EQ(input.x, 10.25);
  EXPECT_EQ(input.y, 20);
  EXPECT_EQ(input.modifiers, "shift-mask+button1-mask");
  const auto key = read(
      R"({"id":0,"mid":"video0","request":{"type":"navigationEvent","event":{"event":"KeyPress",)"
      R"("key":"Escape","modifier_state":""}}})");
  EXPECT_EQ(key.mid, "video0");
  EXPECT_EQ(std::get<NavigationInput>(key.what).key, "Escape");
}

TEST(ControlProtocol, ARequestInAString) {
  const auto custom =
      read(R"({"id":1,"request":"{\"type\":\"customUpstreamEvent\",\"structureName\":\"my-event\",)"
           R"(\"structure\":{\"a\":1}}"})");
  EXPECT_EQ(std::get<CustomInput>(custom.what).name, "my-event");
  EXPECT_EQ(std::get<CustomInput>(custom.what).structure, R"({"a":1})");
}

TEST(ControlProtocol, RequestsAboutPlaybackComeBackAsTheyWere) {
  for (const auto &request :
       {PlaybackRequest{Kind::play}, PlaybackRequest{Kind::pause}, PlaybackRequest{Kind::next},
        PlaybackRequest{Kind::seek, 12'345'678'901ns}, PlaybackRequest{Kind::seek, 0ns},
        PlaybackRequest{Kind::rate, 0ns, 0.5}, PlaybackRequest{Kind::loop, 0ns, 1, true}}) {
    const auto back = read(write(ControlRequest{9, "", request}));
    const auto &playback = std::get<PlaybackRequest>(back.what);
    EXPECT_EQ(playback.kind, request.kind);
    EXPECT_EQ(playback.position, request.position);
    EXPECT_EQ(playback.rate, request.rate);
    EXPECT_EQ(playback.loop, request.loop);
  }
}

TEST(ControlProtocol, NavigationComesBackAsItWas) {
  for (const auto *name : {"KeyPress", "KeyRelease", "MouseMove", "MouseButtonPress",
                           "MouseButtonRelease", "MouseScroll", "TouchDown", "TouchMotion",
                           "TouchUp", "TouchFrame", "TouchCancel", "Command"}) {
    NavigationInput input{name, "a", "shift-mask", 1.5, 2.5, 3, -4, 0.25, 2, 11, "PrevAngle"};
    const auto back = read(write(ControlRequest{1, "video1", input}));
    EXPECT_EQ(back.mid, "video1");
    const auto &read_back = std::get<NavigationInput>(back.what);
    EXPECT_EQ(read_back.event, name);
    EXPECT_EQ(read_back.modifiers, "shift-mask");
    if (input.event.starts_with("Mouse")) {
      EXPECT_EQ(read_back.x, 1.5);
    }
    if (input.event == "MouseScroll") {
      EXPECT_EQ(read_back.delta_y, -4);
    }
    if (input.event == "Command") {
      EXPECT_EQ(read_back.command, "PrevAngle");
    }
    if (input.event == "TouchMotion") {
      EXPECT_EQ(read_back.pressure, 0.25);
      EXPECT_EQ(read_back.identifier, 11u);
    }
  }
}

TEST(ControlProtocol, WhatAPublisherSays) {
  EXPECT_EQ(write(ControlResponse{4, {}}),
            R"({"type":"ControlResponseMessage","id":4,"error":null})");
  const auto refused = read_control_message(write(ControlResponse{5, "no \"such\" thing"}));
  ASSERT_TRUE(refused);
  EXPECT_EQ(std::get<ControlResponse>(*refused).error, "no \"such\" thing");

  const PlaybackState state{true, true, true, 2, 1'500'000'000ns, 60s};
  const auto text = write(state);
  EXPECT_EQ(text, R"({"type":"playback","state":"playing","position":1.500000000,)"
                  R"("duration":60.000000000,"rate":2,"loop":true,"seekable":true})");
  const auto back = read_control_message(text);
  ASSERT_TRUE(back);
  const auto &playback = std::get<PlaybackState>(*back);
  EXPECT_TRUE(playback.playing && playback.seekable && playback.loop);
  EXPECT_EQ(playback.rate, 2);
  EXPECT_EQ(playback.position, 1'500'000'000ns);
  EXPECT_EQ(playback.duration, std::chrono::nanoseconds(60s));
  EXPECT_NE(write(PlaybackState()).find(R"("duration":null)"), std::string::npos);

  const auto info = read_control_message(R"({"type":"InfoMessage","mid":"video0","info":{}})");
  ASSERT_TRUE(info);
  EXPECT_TRUE(std::holds_alternative<ControlUnknown>(*info));
}

TEST(ControlProtocol, WithoutAnIdThereIsNobodyToAnswer) {
  for (const std::string text :
       {"", "{", "[]", "1", "{}", R"({"id":-1,"request":{"type":"play"}})",
        R"({"id":"1","request":{"type":"play"}})", R"({"id":1.5,"request":{"type":"play"}})",
        "{\"id\":1,\"request\":\"\xff\xfe\"}"})
    EXPECT_FALSE(read_control_request(text)) << text;
  const auto large = R"({"id":1,"mid":")" + std::string(largest_control_message, 'x') + R"("})";
  EXPECT_FALSE(read_control_request(large));
  EXPECT_FALSE(read_control_message(large));
  EXPECT_FALSE(read_control_message(R"({"type":"ControlResponseMessage"})"));
}

TEST(ControlProtocol, WhatIsNotUnderstoodIsAnswered) {
  for (const std::string request :
       {"null",
        "1",
        "[]",
        "{}",
        R"({"type":"erase"})",
        R"("{")",
        R"("\"play\"")",
        R"({"type":"navigationEvent"})",
        R"({"type":"navigationEvent","event":"MouseMove"})",
        R"({"type":"navigationEvent","event":{"event":"Explode"}})",
        R"({"type":"navigationEvent","event":{"event":"KeyPress"}})",
        R"({"type":"navigationEvent","event":{"event":"Command"}})",
        R"({"type":"navigationEvent","event":{"event":"Command","command":"Explode"}})",
        R"({"type":"customUpstreamEvent","structureName":"","structure":{}})",
        R"({"type":"customUpstreamEvent","structureName":"1a","structure":{}})",
        R"({"type":"customUpstreamEvent","structureName":"a b","structure":{}})",
        R"({"type":"customUpstreamEvent","structureName":"a","structure":[]})",
        R"({"type":"seek"})",
        R"({"type":"seek","position":-1})",
        R"({"type":"seek","position":"1"})",
        R"({"type":"seek","position":1e300})",
        R"({"type":"seek","position":1e999})",
        R"({"type":"rate","rate":0})",
        R"({"type":"rate","rate":-1})",
        R"({"type":"rate","rate":1e9})",
        R"({"type":"loop"})",
        R"({"type":"loop","loop":1})"})
    EXPECT_NE(error_of(request).find("was not understood"), std::string::npos) << request;
  const std::string name(300, 'a');
  EXPECT_NE(
      error_of(R"({"type":"navigationEvent","event":{"event":"KeyPress","key":")" + name + R"("}})")
          .find("too long"),
      std::string::npos);
}

TEST(ControlProtocol, NumbersOutOfBoundsDoNoHarm) {
  const auto request = read(
      R"({"id":9223372036854775807,"request":{"type":"navigationEvent","event":{"event":"TouchDown",)"
      R"("identifier":1e300,"x":1e999,"y":-1e308,"pressure":null}}})");
  EXPECT_EQ(request.id, static_cast<uint64_t>(std::numeric_limits<int64_t>::max()));
  const auto &input = std::get<NavigationInput>(request.what);
  EXPECT_EQ(input.x, 0);
  EXPECT_EQ(input.identifier, 4'000'000'000u);
  const auto state = read_control_message(
      R"({"type":"playback","state":1,"position":-5,"duration":"x","rate":1e300})");
  ASSERT_TRUE(state);
  EXPECT_EQ(std::get<PlaybackState>(*state).rate, highest_playback_rate);
  EXPECT_EQ(std::get<PlaybackState>(*state).position, 0ns);
}

}  // namespace
}  // namespace rtc
