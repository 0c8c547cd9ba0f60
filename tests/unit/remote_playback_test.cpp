// Where pictures are on the timeline of a recording that is played elsewhere.
#include "control/remote_playback.hpp"

#include <gtest/gtest.h>

namespace rtc {
namespace {

using namespace std::chrono_literals;

PlaybackState at(std::chrono::nanoseconds position, double rate = 1, bool playing = true) {
  return {playing, true, false, rate, position, 60s};
}

TEST(RemotePlayback, WithoutATimelineThereIsNone) {
  RemotePlayback playback;
  EXPECT_FALSE(playback.seekable());
  EXPECT_FALSE(playback.told({}, 1s, 200ms));
  EXPECT_FALSE(playback.timeline());
}

TEST(RemotePlayback, WhatGoesOnIsNoChange) {
  RemotePlayback playback;
  EXPECT_TRUE(playback.told(at(10s), 5s, 200ms));
  EXPECT_EQ(playback.timeline()->at(5200ms), 10s);
  EXPECT_EQ(playback.timeline()->at(6200ms), 11s);
  // What comes before belongs to what was before.
  EXPECT_EQ(playback.timeline()->at(1s), 10s);
  EXPECT_FALSE(playback.told(at(11s), 6s, 200ms));
  EXPECT_FALSE(playback.told(at(12'100ms), 7s, 200ms));
  EXPECT_FALSE(playback.told(at(12'800ms), 8s, 200ms));
  EXPECT_TRUE(playback.told(at(20s), 9s, 200ms));
  EXPECT_EQ(playback.timeline()->at(9200ms), 20s);
}

TEST(RemotePlayback, ThePositionIsThatOfWhatComesOut) {
  RemotePlayback playback;
  EXPECT_TRUE(playback.told(at(10s), 5s, 200ms));
  EXPECT_EQ(playback.position(5100ms), 10s);
  EXPECT_TRUE(playback.told(at(40s), 7s, 200ms));
  EXPECT_EQ(playback.position(7100ms), 11'900ms);
  EXPECT_TRUE(playback.told(at(30s), 7150ms, 200ms));
  EXPECT_EQ(playback.position(7300ms), 12'100ms);
  EXPECT_EQ(playback.position(7350ms), 30s);
}

TEST(RemotePlayback, PauseAndRateAreChanges) {
  RemotePlayback playback;
  EXPECT_TRUE(playback.told(at(10s), 5s, 0s));
  EXPECT_TRUE(playback.told(at(11s, 1, false), 6s, 0s));
  EXPECT_EQ(playback.timeline()->at(9s), 11s);
  EXPECT_FALSE(playback.told(at(11s, 1, false), 20s, 0s));
  EXPECT_TRUE(playback.told(at(11s, 2), 21s, 0s));
  EXPECT_EQ(playback.timeline()->at(22s), 13s);
  EXPECT_FALSE(playback.told(at(15s, 2), 23s, 0s));
  auto live = at(0s);
  live.seekable = false;
  EXPECT_TRUE(playback.told(live, 24s, 0s));
  EXPECT_FALSE(playback.timeline());
}

}  // namespace
}  // namespace rtc
