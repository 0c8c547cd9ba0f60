// Probes as they are sent and as their packets are known again in the feedback.
#include "congestion/probe_pacing.hpp"

#include <gtest/gtest.h>

#include "congestion/probe_results.hpp"

using namespace rtc;

namespace {

constexpr TimePoint start{seconds(100)};
constexpr Probe two_mega{2e6, 5000, 5, 7};

PacketResult packet(Duration sent, Duration arrival, size_t size = 1000) {
  PacketResult result;
  result.sent = start + sent;
  result.size = size;
  result.arrival = arrival;
  result.cluster = 7;
  return result;
}

std::optional<Bitrate> result_of(const std::vector<PacketResult> &packets, const Probe &probe) {
  ProbeResults results;
  results.expect(probe, start);
  for (const auto &row : packets)
    if (const auto result = results.add(row)) return result->rate;
  return {};
}

}  // namespace

TEST(ProbePacing, LeavesAtTheRateOfTheProbe) {
  ProbePacing pacing;
  EXPECT_FALSE(pacing.due(start));
  pacing.begin(two_mega, start);
  int sent = 0, at = 0;
  for (; pacing.active() && at < 1000; at++)
    for (; pacing.due(start + milliseconds(at)); sent++)
      pacing.sent(1000, start + milliseconds(at));
  EXPECT_EQ(sent, 5);
  EXPECT_NEAR(at, 17, 1) << "four intervals of 4 ms";
}

TEST(ProbePacing, ALateSenderMakesNoBurst) {
  ProbePacing pacing;
  pacing.begin({2e6, 100000, 5, 7}, start);
  pacing.sent(1000, start);
  int burst = 0;
  for (; pacing.due(start + milliseconds(80)); burst++) pacing.sent(1000, start + milliseconds(80));
  EXPECT_LE(burst, 2);
}

TEST(ProbePacing, EndsWhenItCannotBeSent) {
  ProbePacing pacing;
  pacing.begin({1e3, 100000, 5, 7}, start);
  pacing.sent(100, start);
  EXPECT_FALSE(pacing.due(start + seconds(1)));
  EXPECT_FALSE(pacing.active());
}

TEST(ProbePacing, WhatLeftInItsTimeIsPartOfIt) {
  ProbePacing pacing;
  pacing.begin(two_mega, start);
  pacing.sent(1000, start + milliseconds(10));
  pacing.give_up();
  pacing.begin({2e6, 5000, 5, 8}, start + seconds(2));
  TransportFeedback feedback;
  for (const auto at : {-1, 0, 5, 10, 20, 2000})
    feedback.packets.push_back(packet(milliseconds(at), {}));
  for (auto &row : feedback.packets) row.cluster.reset();
  pacing.mark(feedback);
  std::vector<int> clusters;
  for (const auto &row : feedback.packets) clusters.push_back(row.cluster.value_or(0));
  EXPECT_EQ(clusters, (std::vector<int>{0, 7, 7, 7, 0, 8}));
}

// The rate saws at the end of a narrow link.
TEST(Prober, ItsSmallFallsDoNotEndTheSearch) {
  Prober prober(3e5);
  auto now = start;
  Prober::Situation situation{5.5e5, 1e7, false, true};
  const auto probes = [&](int s) {
    int count = 0;
    for (int i = 0; i < s * 100; i++, now += milliseconds(10))
      count += prober.next(situation, now).has_value();
    return count;
  };
  probes(5);
  prober.seek(2e6, now);
  for (int i = 0; i < 3; i++) {
    probes(4);
    prober.seek(6e5, now);
  }
  EXPECT_GE(probes(10), 2);
}

TEST(ProbeResults, PacketsThatLeaveTogetherOpenNoInterval) {
  std::vector<PacketResult> packets;
  for (int i = 0; i < 3; i++) packets.push_back(packet(milliseconds(4 * i), milliseconds(4 * i)));
  // The rest of the probe is one burst that a fast link takes at once.
  for (int i = 0; i < 2; i++) packets.push_back(packet(milliseconds(12), milliseconds(12 + i)));
  const auto rate = result_of(packets, {2e6, 6000, 6, 7});
  ASSERT_TRUE(rate);
  EXPECT_NEAR(*rate, 2e6, 1e5);
}

TEST(ProbeResults, WhatAShaperLetsPassAtFirstIsNotItsRate) {
  // 2 Mbit/s sent, of which the first half passes at once and the rest at 1 Mbit/s.
  std::vector<PacketResult> packets;
  for (int i = 0; i < 10; i++)
    packets.push_back(packet(milliseconds(4 * i), milliseconds(i < 5 ? 4 * i : 16 + 8 * (i - 4))));
  const auto rate = result_of(packets, {2e6, 12500, 10, 7});
  ASSERT_TRUE(rate);
  EXPECT_LT(*rate, 1.2e6);
}
