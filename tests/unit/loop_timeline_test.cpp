#include "loop_timeline.hpp"

#include <gtest/gtest.h>

namespace rtc {
namespace {

constexpr Nanoseconds ms = 1'000'000;

TEST(LoopTimeline, NextPassBeginsWhereTheLongestTrackEnded) {
  LoopTimeline timeline(2, 0);
  EXPECT_EQ(timeline.place(0, 0, 40 * ms), 0);
  EXPECT_EQ(timeline.place(0, 40 * ms, 40 * ms), 40 * ms);
  EXPECT_EQ(timeline.place(1, 0, 20 * ms), 0);
  EXPECT_TRUE(timeline.next_pass());
  EXPECT_EQ(timeline.place(0, 0, 40 * ms), 80 * ms);
  EXPECT_EQ(timeline.place(1, 0, 20 * ms), 80 * ms);
}

TEST(LoopTimeline, LeavesOutTheGapBeforeTheFirstBuffer) {
  LoopTimeline timeline(2, 100 * ms);
  EXPECT_EQ(timeline.place(0, 100 * ms, 20 * ms), 0);
  EXPECT_EQ(timeline.place(1, 130 * ms, 20 * ms), 30 * ms);
  EXPECT_TRUE(timeline.next_pass());
  EXPECT_EQ(timeline.place(0, 100 * ms, 20 * ms), 50 * ms);
}

TEST(LoopTimeline, MeasuresABufferWithoutDuration) {
  LoopTimeline timeline(1, 0);
  timeline.place(0, 0, {});
  timeline.place(0, 50 * ms, {});
  EXPECT_TRUE(timeline.next_pass());
  EXPECT_EQ(timeline.place(0, 0, {}), 100 * ms);
  timeline.place(0, 50 * ms, {});
  EXPECT_TRUE(timeline.next_pass());
  EXPECT_EQ(timeline.place(0, 0, {}), 200 * ms);
}

TEST(LoopTimeline, PlacesABufferWithoutTimeAfterTheOneBefore) {
  LoopTimeline timeline(1, 0);
  timeline.place(0, 0, 20 * ms);
  EXPECT_EQ(timeline.place(0, {}, 20 * ms), 20 * ms);
}

TEST(LoopTimeline, RisesEvenWhereTheRecordingDoesNot) {
  LoopTimeline timeline(1, 0);
  EXPECT_EQ(timeline.place(0, -5 * ms, 10 * ms), 0);
  EXPECT_EQ(timeline.place(0, -5 * ms, 10 * ms), 1);
  EXPECT_EQ(timeline.place(0, 20 * ms, 10 * ms), 20 * ms);
  EXPECT_EQ(timeline.place(0, 10 * ms, 10 * ms), 20 * ms + 1);
}

TEST(LoopTimeline, SaysWhenAPassGaveNothing) {
  LoopTimeline timeline(1, 0);
  timeline.place(0, 0, 10 * ms);
  EXPECT_TRUE(timeline.next_pass());
  EXPECT_FALSE(timeline.next_pass());
}

}  // namespace
}  // namespace rtc
