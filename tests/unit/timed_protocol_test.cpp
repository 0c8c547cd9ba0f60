#include <gtest/gtest.h>

#include <random>

#include "data/timed_protocol.hpp"
#include "media/rtp_timeline.hpp"

namespace rtc {
namespace {

using namespace std::chrono_literals;
using std::string;

TEST(TimedProtocol, WhatIsWrittenIsRead) {
  for (const auto kind : {TimedKind::text, TimedKind::json, TimedKind::klv}) {
    const auto bytes = timed_header(kind, FrameReference{"video0", 0xfedcba98}) + "payload";
    const auto read = read_timed(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->kind, kind);
    ASSERT_TRUE(read->frame);
    EXPECT_EQ(*read->frame, (FrameReference{"video0", 0xfedcba98}));
    EXPECT_EQ(read->payload, "payload");
  }
}

TEST(TimedProtocol, TheBytesAreThoseOfTheDescription) {
  EXPECT_EQ(timed_header(TimedKind::json, FrameReference{"v", 0x01020304}),
            string("\x01\x02\x01\x00\x01\x02\x03\x04v", 9));
}

TEST(TimedProtocol, AMessageMayBelongToNoFrame) {
  const auto bytes = timed_header(TimedKind::text, {}) + "x";
  const auto read = read_timed(bytes);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->frame);
  EXPECT_EQ(read->payload, "x");
  EXPECT_TRUE(read_timed(timed_header(TimedKind::text, {})));
  for (const string mid : {"", "two words", "012345678901234567890123456789012"})
    EXPECT_EQ(timed_header(TimedKind::text, FrameReference{mid, 1}),
              timed_header(TimedKind::text, {}));
}

TEST(TimedProtocol, WhatIsNoMessageIsRefused) {
  const auto good = timed_header(TimedKind::text, FrameReference{"v0", 1}) + "x";
  for (size_t size = 0; size < 10; size++) EXPECT_FALSE(read_timed(good.substr(0, size))) << size;
  const auto changed = [&](size_t at, char value) {
    auto bytes = good;
    bytes[at] = value;
    return bool(read_timed(bytes));
  };
  EXPECT_TRUE(changed(3, 7));    // to be ignored
  EXPECT_FALSE(changed(0, 2));   // version
  EXPECT_FALSE(changed(1, 0));   // kind
  EXPECT_FALSE(changed(1, 4));   // kind
  EXPECT_FALSE(changed(2, 33));  // beyond the end
  EXPECT_FALSE(changed(2, '\xff'));
  EXPECT_FALSE(changed(8, '\n'));  // mid
  EXPECT_FALSE(changed(10, '\xff'));
  const auto klv = timed_header(TimedKind::klv, {}) + "\xff";
  EXPECT_TRUE(read_timed(klv));
}

TEST(TimedProtocol, NoBytesDoHarm) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; i++) {
    string bytes(random() % 64, 0);
    for (auto &byte : bytes) byte = static_cast<char>(random());
    if (!bytes.empty() && i % 2) bytes[0] = 1;
    if (const auto read = read_timed(bytes)) {
      EXPECT_LE(read->payload.size() + 8, bytes.size());
    }
  }
}

TEST(RtpTimeline, KnowsNothingBeforeItLearned) {
  const RtpTimeline line(90000);
  EXPECT_FALSE(line.timestamp_at(0s));
  EXPECT_FALSE(line.time_of(0));
  EXPECT_FALSE(line.latest());
}

TEST(RtpTimeline, GoesBothWaysAcrossTheWrap) {
  RtpTimeline line(90000);
  const uint32_t start = 0xffffff00;
  for (uint32_t i = 0; i < 100; i++) line.learn(start + i * 3000, i * 33333333ns);
  for (uint32_t i = 0; i < 100; i++) {
    EXPECT_EQ(line.time_of(start + i * 3000), i * 33333333ns);
    EXPECT_EQ(line.timestamp_at(i * 33333333ns), start + i * 3000);
  }
  EXPECT_EQ(line.latest(), 99 * 33333333ns);
}

TEST(RtpTimeline, ReckonsFromTheNearest) {
  RtpTimeline line(90000);
  line.learn(90000, 1s);
  line.learn(180090, 2s);  // a millisecond late
  EXPECT_EQ(line.timestamp_at(1s + 100ms), 99000u);
  EXPECT_EQ(line.timestamp_at(2s - 100ms), 171090u);
  EXPECT_EQ(line.time_of(99000), 1s + 100ms);
  EXPECT_EQ(line.time_of(171090), 2s - 100ms);
  EXPECT_EQ(line.timestamp_at(0s), 0u);
  EXPECT_EQ(line.timestamp_at(3s), 270090u);
}

TEST(RtpTimeline, TheClockRateIsTheTracks) {
  RtpTimeline line(48000);
  line.learn(48000, 1s);
  EXPECT_EQ(line.timestamp_at(1s + 20ms), 48960u);
  EXPECT_EQ(line.time_of(48960), 1s + 20ms);
}

TEST(RtpTimeline, WhatIsLearnedLastCounts) {
  RtpTimeline line(90000);
  line.learn(1000, 1s);
  line.learn(1000, 1s + 1ms);  // another packet of the same frame
  EXPECT_EQ(line.time_of(1000), 1s + 1ms);
  line.learn(1090, 1s + 1ms);  // the same picture again, shifted
  EXPECT_EQ(line.timestamp_at(1s + 1ms), 1090u);
}

TEST(RtpTimeline, KnowsWhatHasPassed) {
  RtpTimeline line(90000);
  EXPECT_FALSE(line.has_passed(0));
  line.learn(0xfffffff0, 1s);
  line.learn(3000, 1s + 66ms);
  line.learn(1500, 1s + 33ms);  // frames need not be sent in the order they are shown in
  EXPECT_TRUE(line.has_passed(0xfffffff0));
  EXPECT_TRUE(line.has_passed(3000));
  EXPECT_FALSE(line.has_passed(3001));
  line.learn(0x80000000, 2s);  // begun anew
  EXPECT_TRUE(line.has_passed(0x80000000));
}

TEST(RtpTimeline, ReachesOnlySoFar) {
  RtpTimeline line(90000);
  line.learn(0, 100s);
  EXPECT_TRUE(line.time_of(10 * 90000));
  EXPECT_FALSE(line.time_of(10 * 90000 + 90));
  EXPECT_FALSE(line.time_of(0x80000000));
  EXPECT_TRUE(line.timestamp_at(90s));
  EXPECT_FALSE(line.timestamp_at(89s));
}

TEST(RtpTimeline, KeepsNoMoreThanItNeeds) {
  RtpTimeline line(90000);
  for (uint32_t i = 0; i < 100000; i++) line.learn(i * 90, i * 1ms);
  EXPECT_FALSE(line.timestamp_at(80s));
  EXPECT_TRUE(line.timestamp_at(95s));
}

}  // namespace
}  // namespace rtc
