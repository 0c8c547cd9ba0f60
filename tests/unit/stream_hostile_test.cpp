// What a faulty or hostile other side of a stream may send.
#include <gtest/gtest.h>

#include "data/stream_receiver.hpp"
#include "data/stream_sender.hpp"

namespace rtc {
namespace {

const std::string id(32, 'a');
const std::string other(32, 'b');

std::string begin(const std::string &stream, const std::string &offset) {
  return R"({"type":"begin","stream":")" + stream + R"(","offset":)" + offset + "}";
}
std::string end(size_t size) { return R"({"type":"end","size":)" + std::to_string(size) + "}"; }

// After six bytes of the stream.
StreamReceiver midway() {
  StreamReceiver receiver;
  EXPECT_TRUE(receiver.received_text(begin(id, "0")));
  EXPECT_TRUE(receiver.received_bytes("abcdef"));
  return receiver;
}
StreamReceiver completed() {
  auto receiver = midway();
  EXPECT_TRUE(receiver.received_text(end(6)));
  return receiver;
}
StreamSender sending() {
  StreamSender sender(id);
  sender.push("abcdef");
  sender.finish();
  while (sender.next()) continue;
  return sender;
}

void expect_protocol_error(const Error &error) {
  EXPECT_EQ(error.kind, Error::Kind::protocol);
  EXPECT_FALSE(error.message.empty());
  EXPECT_FALSE(error.detail.empty());
}

TEST(StreamHostile, BytesOutOfPlace) {
  StreamReceiver fresh;
  expect_protocol_error(fresh.received_bytes("abc").error());
  EXPECT_FALSE(fresh.began());
  auto resumed = midway();
  resumed.resume();
  expect_protocol_error(resumed.received_bytes("abc").error());
  auto after = completed();
  expect_protocol_error(after.received_bytes("g").error());
  after = completed();
  ASSERT_TRUE(after.received_text(begin(id, "4")));
  expect_protocol_error(after.received_bytes("efg").error());
  EXPECT_EQ(after.received(), 6u);
}

TEST(StreamHostile, AnEndOfAnotherSize) {
  for (const size_t size : {0, 5, 7}) {
    auto receiver = midway();
    EXPECT_FALSE(receiver.received_text(end(size))) << size;
    EXPECT_TRUE(receiver.unfinished());
  }
  StreamReceiver fresh;
  EXPECT_FALSE(fresh.received_text(end(0)));
  // Without sending again what it began to send again.
  auto receiver = midway();
  ASSERT_TRUE(receiver.received_text(begin(id, "2")));
  auto same = receiver;
  EXPECT_FALSE(receiver.received_text(end(6)));
  EXPECT_FALSE(same.received_text(end(2)));
}

TEST(StreamHostile, AGap) {
  StreamReceiver fresh;
  EXPECT_FALSE(fresh.received_text(begin(id, "1")));
  auto receiver = midway();
  receiver.resume();
  expect_protocol_error(receiver.received_text(begin(id, "7")).error());
}

TEST(StreamHostile, AnotherStream) {
  auto receiver = midway();
  receiver.resume();
  const auto result = receiver.received_text(begin(other, "0"));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("cut short"), std::string::npos);
  EXPECT_TRUE(receiver.unfinished());
  auto after = completed();
  const auto second = after.received_text(begin(other, "0"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message.find("cut short"), std::string::npos);
  EXPECT_TRUE(after.complete());
}

TEST(StreamHostile, AnErrorIsTheEnd) {
  StreamReceiver receiver;
  ASSERT_FALSE(receiver.received_bytes("abc"));
  EXPECT_FALSE(receiver.received_text(begin(id, "0")));
  EXPECT_FALSE(receiver.received_bytes("abc"));
  EXPECT_FALSE(receiver.next());
  auto begun = completed();
  begun.consumed(6);
  ASSERT_FALSE(begun.received_text("{}"));
  EXPECT_FALSE(begun.next());
  EXPECT_FALSE(begun.received_bytes(""));
  StreamSender sender(id);
  sender.push("abc");
  ASSERT_FALSE(sender.received("{}"));
  EXPECT_FALSE(sender.next());
  EXPECT_EQ(sender.room(), 0u);
  EXPECT_FALSE(sender.received(R"({"type":"ack","received":0})"));
  sender.resume();
  EXPECT_FALSE(sender.next());
}

TEST(StreamHostile, MoreThanItsConsumerTakes) {
  StreamReceiver receiver;
  ASSERT_TRUE(receiver.received_text(begin(id, "0")));
  const std::string mebibyte(1 << 20, 'x');
  for (int i = 0; i < 16; i++) ASSERT_TRUE(receiver.received_bytes(mebibyte));
  receiver.consumed(1);
  ASSERT_TRUE(receiver.received_bytes("x"));
  expect_protocol_error(receiver.received_bytes("x").error());
}

TEST(StreamHostile, ControlMessages) {
  const std::string deep(2000, '['), large(10'000'000, '['), nested(10'000'000, ' ');
  const std::string id31 = id.substr(1);
  std::vector<std::string> texts{
      "",
      "x",
      "{}",
      "[]",
      "null",
      "7",
      R"("begin")",
      R"({"type":7})",
      R"({"type":null})",
      deep,
      large,
      nested + "{}",
      std::string("\0", 1),
      R"({"type":)" + deep,
      R"({"type":"begin"})",
      R"({"type":"begin","stream":"x","offset":0})",
      R"({"type":"begin","offset":0})",
      R"({"type":"begin","stream":7,"offset":0})",
      R"({"type":"begin","stream":")" + id + R"("})",
      begin(id31, "0"),
      begin(id31 + "g", "0"),
      begin(id + id, "0"),
      R"({"type":"begin","stream":")" + id + R"(","offset":0,"length":-1})",
      R"({"type":"end"})",
      R"({"type":"end","size":"0"})",
      R"({"type":"end","size":[0]})",
      R"({"type":"ack"})",
      R"({"type":"ack","received":{}})"};
  for (const char *number : {"-1", "-0.0", "0.5", "1e3", "9007199254740992", "9223372036854775807",
                             "9223372036854775808", "18446744073709551616", "1e999", "\"0\"",
                             "null", "true", "[]", "{}", "99999999999999999999999999999999999"}) {
    texts.push_back(begin(id, number));
    texts.push_back(std::string(R"({"type":"end","size":)") + number + "}");
    texts.push_back(std::string(R"({"type":"ack","received":)") + number + "}");
  }
  for (const auto &text : texts) {
    SCOPED_TRACE(text.substr(0, 100));
    StreamReceiver fresh;
    auto receiver = midway();
    auto sender = sending();
    for (const auto &result :
         {fresh.received_text(text), receiver.received_text(text), sender.received(text)}) {
      ASSERT_FALSE(result);
      expect_protocol_error(result.error());
    }
    EXPECT_FALSE(receiver.complete());
    EXPECT_FALSE(sender.done());
  }
}

TEST(StreamHostile, NumbersThatJavaScriptCannotCount) {
  StreamReceiver receiver;
  EXPECT_TRUE(receiver.received_text(begin(id, R"(0,"length":9007199254740991)")));
  EXPECT_EQ(receiver.length(), 9007199254740991u);
  EXPECT_FALSE(receiver.received_text(begin(id, R"(0,"length":9007199254740992)")));
}

TEST(StreamHostile, ALongControlMessage) {
  const auto padded = [](size_t size) { return end(6) + std::string(size - end(6).size(), ' '); };
  EXPECT_TRUE(midway().received_text(padded(4096)));
  EXPECT_FALSE(midway().received_text(padded(4097)));
}

TEST(StreamHostile, UnknownTypesAreOfALaterVersion) {
  auto receiver = midway();
  auto sender = sending();
  for (const char *text : {R"({"type":"pause","for":[{"x":1e999}]})", R"({"type":""})"}) {
    EXPECT_TRUE(receiver.received_text(text));
    EXPECT_TRUE(sender.received(text));
  }
  EXPECT_TRUE(receiver.received_text(R"({"more":{},"type":"end","size":6})"));
  EXPECT_TRUE(receiver.complete());
}

TEST(StreamHostile, WhatOnlyTheOtherSideSends) {
  auto receiver = midway();
  expect_protocol_error(receiver.received_text(R"({"type":"ack","received":0})").error());
  auto sender = sending();
  expect_protocol_error(sender.received(end(6)).error());
  sender.resume();
  EXPECT_FALSE(sender.next());
  sender = sending();
  expect_protocol_error(sender.received(begin(id, "0")).error());
}

TEST(StreamHostile, AcksOfWhatWasNotSent) {
  const std::string complete = R"({"type":"ack","received":6,"complete":true})";
  auto sender = sending();
  EXPECT_FALSE(sender.received(R"({"type":"ack","received":7})"));
  StreamSender unsent(id);
  unsent.push("abcdef");
  unsent.next();
  EXPECT_FALSE(unsent.received(R"({"type":"ack","received":6})"));
  StreamSender open(id);
  open.push("abcdef");
  while (open.next()) continue;
  EXPECT_FALSE(open.received(complete));
  EXPECT_FALSE(open.done());
  sender = sending();
  EXPECT_FALSE(sender.received(R"({"type":"ack","received":5,"complete":true})"));
  EXPECT_FALSE(sender.done());
  sender = sending();
  ASSERT_TRUE(sender.received(R"({"type":"ack","received":6,"complete":false})"));
  EXPECT_FALSE(sender.done());
  ASSERT_TRUE(sender.received(complete));
  EXPECT_TRUE(sender.received(complete));
  EXPECT_TRUE(sender.done());
}

TEST(StreamHostile, AbortsAreToldInOneValidLine) {
  const std::string reason = "disk \"full\"\n\x1b[31m\xff" + std::string(10000, '\x01');
  const auto text = write(StreamAbort{reason});
  EXPECT_LE(text.size(), 4096u);
  auto sender = sending();
  const auto result = sender.received(text);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::refused);
  EXPECT_NE(result.error().message.find("disk \"full\"  [31m\ufffd"), std::string::npos);
  auto receiver = midway();
  const auto raw = receiver.received_text(R"({"type":"abort","reason":"a\n\u0000b)"
                                          "\xff\"}");
  ASSERT_FALSE(raw);
  EXPECT_NE(raw.error().message.find("a  b\ufffd"), std::string::npos);
  EXPECT_TRUE(receiver.unfinished());
  for (const char *bare : {R"({"type":"abort"})", R"({"type":"abort","reason":7})"}) {
    StreamReceiver fresh;
    EXPECT_EQ(fresh.received_text(bare).error().kind, Error::Kind::refused);
  }
}

}  // namespace
}  // namespace rtc
