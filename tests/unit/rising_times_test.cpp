// Times of packets that leave a jitter buffer.
#include "media/rising_times.hpp"

#include <gtest/gtest.h>

namespace rtc {
namespace {

using namespace std::chrono_literals;

constexpr unsigned rate = 90000;
constexpr uint32_t frame = 6000;  // 15 per second

TEST(RisingTimes, LeavesWhatRises) {
  RisingTimes times;
  uint32_t timestamp = 0xffffa000;
  for (auto time = 5s + 0ns; time < 6s; time += 66'666'666ns, timestamp += frame)
    EXPECT_EQ(times.correct(timestamp, time, rate), time);
}

TEST(RisingTimes, ALatePacketIsNotEarlierThanTheFrameBefore) {
  RisingTimes times;
  EXPECT_EQ(times.correct(1 * frame, 21'914ms, rate), 21'914ms);
  EXPECT_EQ(times.correct(2 * frame, 21'980ms, rate), 21'980ms);
  const auto late = times.correct(3 * frame, 21'935ms, rate);
  EXPECT_GT(late, 21'980ms);
  EXPECT_LT(late, 22'047ms);
  EXPECT_EQ(times.correct(4 * frame, 22'109ms, rate), 22'109ms);
}

TEST(RisingTimes, PacketsOfOneFrameStayTogether) {
  RisingTimes times;
  times.correct(frame, 1s, rate);
  EXPECT_EQ(times.correct(frame, 955ms, rate), 1s);
  EXPECT_EQ(times.correct(frame, 1s + 5ms, rate), 1s + 5ms);
}

TEST(RisingTimes, FramesThatAreShownInAnotherOrderStayAsTheyAre) {
  RisingTimes times;
  times.correct(0, 1s, rate);
  times.correct(3 * frame, 1200ms, rate);
  EXPECT_EQ(times.correct(1 * frame, 1067ms, rate), 1067ms);
  EXPECT_EQ(times.correct(2 * frame, 1133ms, rate), 1133ms);
  EXPECT_EQ(times.correct(6 * frame, 1400ms, rate), 1400ms);
}

// The jitter buffer took time back: half a second.
TEST(RisingTimes, MeetAgainAndRiseMeanwhile) {
  RisingTimes times;
  auto before = times.correct(0, 1s, rate);
  int corrected = 0;
  for (uint32_t i = 1; i <= 30; i++) {
    const auto time = 500ms + i * 66'666'666ns;
    const auto right = times.correct(i * frame, time, rate);
    EXPECT_GT(right, before);
    before = right;
    if (right != time) corrected = static_cast<int>(i);
  }
  EXPECT_NEAR(corrected, 15, 1);
}

TEST(RisingTimes, WhoBeginsAnewHasOtherTimestamps) {
  RisingTimes times;
  times.correct(100 * frame, 100s, rate);
  EXPECT_EQ(times.correct(0x80000000, 20s, rate), 20s);
  EXPECT_EQ(times.correct(0x80000000 + frame, 20s + 66ms, rate), 20s + 66ms);
  EXPECT_EQ(times.correct(0x80000000 - 100 * rate, 30s, rate), 30s);
}

TEST(Splice, LeavesWhatIsLater) {
  EXPECT_EQ(Splice().correct(0s), 0s);
  EXPECT_EQ(Splice().correct(1h), 1h);
  const Splice splice(10s, 10s + 5ms);
  EXPECT_EQ(splice.correct(10s + 5ms), 10s + 5ms);
  EXPECT_EQ(splice.correct(11s), 11s);
}

TEST(Splice, GoesOnFromWhatCameLast) {
  const Splice splice(10s, 9800ms);
  EXPECT_EQ(splice.correct(9800ms), 10s);
  EXPECT_EQ(splice.correct(9900ms), 10s + 50ms);
  EXPECT_EQ(splice.correct(10s + 200ms), 10s + 200ms);
  EXPECT_EQ(splice.correct(10s + 300ms), 10s + 300ms);
}

}  // namespace
}  // namespace rtc
