#include "congestion/rate_allocator.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace rtc;
using Allocator = RateAllocator;

namespace {

const Allocator::Audio speech{{16000, 64000}};

Allocator::Video camera(double weight = 1) { return {{{100000, 2500000}}, weight, {}}; }

double total(const Allocator::Shares &shares) {
  double sum = 0;
  for (const auto rate : shares.audio) sum += rate;
  for (const auto &video : shares.video) sum += video.bitrate + video.fec + video.retransmission;
  return sum;
}

}  // namespace

TEST(RateAllocator, AudioFirstThenVideo) {
  const auto little = Allocator::split(50000, {speech}, {camera()}, {});
  EXPECT_GE(little.audio[0], 16000);
  EXPECT_FALSE(little.video[0].rendition);
  EXPECT_EQ(little.video[0].bitrate, 0);
  const auto much = Allocator::split(1e6, {speech}, {camera()}, {});
  EXPECT_EQ(much.audio[0], 64000);
  EXPECT_NEAR(much.video[0].bitrate, 936000, 1);
  EXPECT_EQ(Allocator::split(1000, {speech}, {}, {}).audio[0], 0);
  EXPECT_NEAR(Allocator::split(1e7, {speech}, {camera()}, {}).unused, 1e7 - 2564000, 1);
}

TEST(RateAllocator, SharesByWeightAndPassesOnWhatOneCannotUse) {
  const auto shares = Allocator::split(1.2e6, {}, {camera(1), camera(3)}, {});
  EXPECT_NEAR(shares.video[0].bitrate, 350000, 1);
  EXPECT_NEAR(shares.video[1].bitrate, 850000, 1);
  Allocator::Video small{{{100000, 200000}}, 1, {}};
  const auto passed = Allocator::split(1.2e6, {}, {small, camera(1)}, {});
  EXPECT_NEAR(passed.video[0].bitrate, 200000, 1);
  EXPECT_NEAR(passed.video[1].bitrate, 1000000, 1);
}

TEST(RateAllocator, RepairFollowsTheLossInsideTheBudget) {
  const auto clean = Allocator::split(1e6, {}, {camera()}, {0, milliseconds(100), true, true});
  EXPECT_EQ(clean.fec_ratio, 0);
  EXPECT_NEAR(clean.video[0].bitrate, 1e6, 1);
  const auto lossy = Allocator::split(1e6, {}, {camera()}, {0.1, milliseconds(100), true, true});
  EXPECT_NEAR(lossy.fec_ratio, 0.2, 0.001);
  EXPECT_LT(lossy.video[0].bitrate, 0.85e6);
  EXPECT_NEAR(total(lossy), 1e6, 1);
  const auto near = Allocator::split(1e6, {}, {camera()}, {0.1, milliseconds(20), true, true});
  EXPECT_EQ(near.fec_ratio, 0) << "a retransmission comes in time";
  EXPECT_NEAR(near.video[0].retransmission / near.video[0].bitrate, 0.1, 0.001);
  EXPECT_NEAR(total(near), 1e6, 1);
}

TEST(RateAllocator, RenditionsWithHysteresis) {
  Allocator::Video video{{{100000, 200000}, {500000, 900000}, {1500000, 2500000}}, 1, {}};
  const auto at = [&](Bitrate target) {
    return Allocator::split(target, {}, {video}, {}).video[0];
  };
  EXPECT_EQ(at(550000).rendition, 1u);
  video.current = 0;
  EXPECT_EQ(at(550000).rendition, 0u);
  EXPECT_EQ(at(550000).bitrate, 200000);
  EXPECT_EQ(at(600000).rendition, 1u);
  video.current = 1;
  EXPECT_EQ(at(510000).rendition, 1u);
  EXPECT_EQ(at(490000).rendition, 0u);
  EXPECT_EQ(at(1600000).rendition, 1u);
  EXPECT_EQ(at(1800000).rendition, 2u);
  EXPECT_FALSE(at(90000).rendition);
}

TEST(RateAllocator, NeverBeyondTheTarget) {
  std::mt19937 random(5);
  const auto uniform = [&](double to) {
    return std::uniform_real_distribution<double>(0, to)(random);
  };
  for (int i = 0; i < 20000; i++) {
    std::vector<Allocator::Audio> audio(random() % 3);
    for (auto &track : audio) track.range = {uniform(30000), uniform(100000)};
    std::vector<Allocator::Video> video(random() % 4);
    for (auto &track : video) {
      track.weight = uniform(3) - 0.5;
      track.renditions.resize(random() % 4);
      Bitrate last = 0;
      for (auto &range : track.renditions) {
        range.min = last + uniform(500000);
        range.max = last = range.min + uniform(1e6);
      }
      if (random() % 2) track.current = random() % 5;
    }
    const Bitrate target = uniform(4e6) - 1000;
    const auto shares = Allocator::split(
        target, audio, video, {uniform(1), milliseconds(random() % 300), i % 2 == 0, i % 3 == 0});
    ASSERT_TRUE(std::isfinite(total(shares)));
    ASSERT_LE(total(shares), std::max(target, 0.0) + 2);
    ASSERT_GE(shares.unused, 0);
  }
}
