// Times of packets that leave a jitter buffer.
#include "media/rising_times.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace rtc {
namespace {

using namespace std::chrono_literals;

constexpr unsigned rate = 90000;
constexpr uint32_t frame = 6000;  // 15 per second

TEST(RisingTimes, LeavesWhatRises) {
  RisingTimes times(rate);
  uint32_t timestamp = 0xffffa000;
  for (auto time = 5s + 0ns; time < 6s; time += 66'666'666ns, timestamp += frame)
    EXPECT_EQ(times.correct(timestamp, time), time);
}

TEST(RisingTimes, ALatePacketIsNotEarlierThanTheFrameBefore) {
  RisingTimes times(rate);
  EXPECT_EQ(times.correct(1 * frame, 21'914ms), 21'914ms);
  EXPECT_EQ(times.correct(2 * frame, 21'980ms), 21'980ms);
  const auto late = times.correct(3 * frame, 21'935ms);
  EXPECT_GT(late, 21'980ms);
  EXPECT_LT(late, 22'047ms);
  EXPECT_EQ(times.correct(4 * frame, 22'109ms), 22'109ms);
}

TEST(RisingTimes, PacketsOfOneFrameStayTogether) {
  RisingTimes times(rate);
  times.correct(frame, 1s);
  EXPECT_EQ(times.correct(frame, 955ms), 1s);
  EXPECT_EQ(times.correct(frame, 1s + 5ms), 1s + 5ms);
}

TEST(RisingTimes, FramesThatAreShownInAnotherOrderStayAsTheyAre) {
  RisingTimes times(rate);
  times.correct(0, 1s);
  times.correct(3 * frame, 1200ms);
  EXPECT_EQ(times.correct(1 * frame, 1067ms), 1067ms);
  EXPECT_EQ(times.correct(2 * frame, 1133ms), 1133ms);
  EXPECT_EQ(times.correct(6 * frame, 1400ms), 1400ms);
}

// The jitter buffer took time back: half a second.
TEST(RisingTimes, MeetAgainSoonAndNeverFall) {
  RisingTimes times(rate);
  auto before = times.correct(0, 1s);
  int corrected = 0;
  for (uint32_t i = 1; i <= 30; i++) {
    const auto time = 500ms + i * 66'666'666ns;
    const auto right = times.correct(i * frame, time);
    EXPECT_GE(right, before);
    EXPECT_LE(right, std::max<RisingTimes::Time>(before, time + RisingTimes::lead));
    before = right;
    if (right != time) corrected = static_cast<int>(i);
  }
  EXPECT_LE(corrected, 10);
}

// What was held up for seconds comes within milliseconds, and the jitter buffer gives it one time.
TEST(RisingTimes, ABurstIsNotSpreadOverItsTime) {
  RisingTimes times(rate);
  times.correct(0, 5s);
  for (uint32_t i = 1; i <= 75; i++) {
    const auto time = 5s + i * 1ms;
    EXPECT_LE(times.correct(i * frame, time), time + RisingTimes::lead);
  }
}

TEST(RisingTimes, WhoBeginsAnewHasOtherTimestamps) {
  RisingTimes times(rate);
  times.correct(100 * frame, 100s);
  EXPECT_EQ(times.correct(0x80000000, 20s), 20s);
  EXPECT_EQ(times.correct(0x80000000 + frame, 20s + 66ms), 20s + 66ms);
  EXPECT_EQ(times.correct(0x80000000 - 100 * rate, 30s), 30s);
}

}  // namespace
}  // namespace rtc
