// What no honest path or peer sends, and what the rate does then: it stays a rate.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "congestion/congestion_controller.hpp"
#include "congestion/sent_packets.hpp"

using namespace rtc;

namespace {

constexpr TimePoint start{seconds(1000)};
const CongestionLimits limits{50000, 300000, 5000000};

void expect_sane(const CongestionDecision &decision) {
  ASSERT_TRUE(std::isfinite(decision.target));
  ASSERT_GE(decision.target, limits.min);
  ASSERT_LE(decision.target, limits.max);
  ASSERT_TRUE(std::isfinite(decision.pacing));
  ASSERT_GE(decision.pacing, decision.target);
  ASSERT_GE(decision.state.loss, 0);
  ASSERT_LE(decision.state.loss, 1);
  if (decision.probe) {
    ASSERT_GT(decision.probe->rate, 0);
    ASSERT_LE(decision.probe->rate, limits.max);
  }
}

class Hostile {
 public:
  explicit Hostile(unsigned seed) : random(seed) {}
  std::mt19937 random;

  Duration odd_duration() {
    switch (random() % 6) {
      case 0:
        return Duration::max();
      case 1:
        return Duration::min();
      case 2:
        return Duration(0);
      case 3:
        return seconds(random() % 1000000);
      case 4:
        return -seconds(random() % 1000000);
      default:
        return milliseconds(random() % 100000);
    }
  }
  // Mostly what a path would say, in places not.
  PacketResult odd_packet(TimePoint now) {
    PacketResult packet;
    packet.sequence = static_cast<int64_t>(random());
    packet.sent = now - milliseconds(random() % 400);
    if (random() % 20 == 0) packet.sent = TimePoint(odd_duration());
    packet.size =
        random() % 20 ? random() % 1500 : std::numeric_limits<size_t>::max() - random() % 3;
    if (random() % 3 == 0) packet.cluster = static_cast<int>(random() % 50);
    if (random() % 8) packet.arrival = now.time_since_epoch() + milliseconds(random() % 300);
    if (random() % 20 == 0) packet.arrival = odd_duration();
    packet.late = random() % 30 == 0;
    return packet;
  }
};

}  // namespace

TEST(CongestionHostile, RandomFeedbackNeverBreaksIt) {
  Hostile hostile(11);
  CongestionController controller(limits);
  auto now = start;
  for (int i = 0; i < 100000; i++) {
    now += microseconds(hostile.random() % 20000);
    if (hostile.random() % 500 == 0) now += seconds(hostile.random() % 100);
    if (hostile.random() % 500 == 0) now -= seconds(hostile.random() % 100);
    SentPacket sent;
    sent.size = hostile.random() % 1500;
    controller.sent(sent, now);
    TransportFeedback feedback;
    feedback.gap = hostile.random() % 10 == 0;
    feedback.packets.resize(hostile.random() % 12);
    for (auto &packet : feedback.packets) packet = hostile.odd_packet(now);
    controller.on_feedback(feedback, now);
    if (hostile.random() % 50 == 0) controller.rtt(hostile.odd_duration());
    ASSERT_NO_FATAL_FAILURE(expect_sane(controller.tick(now)));
    ASSERT_EQ(controller.target(), controller.tick(now).target);
  }
}

TEST(CongestionHostile, RandomReportsNeverBreakTheHistory) {
  Hostile hostile(12);
  SentPackets history;
  CongestionController controller(limits);
  auto now = start;
  uint16_t sequence = 0;
  for (int i = 0; i < 100000; i++) {
    now += microseconds(hostile.random() % 5000);
    sequence = static_cast<uint16_t>(hostile.random() % 100 ? sequence + 1 : hostile.random());
    SentPacket sent;
    sent.size = hostile.random() % 1500;
    history.add(sequence, sent, now);
    controller.sent(sent, now);
    std::vector<SentPackets::Report> reports(hostile.random() % 6);
    for (auto &report : reports) {
      report.sequence = static_cast<uint16_t>(
          hostile.random() % 10 ? sequence - hostile.random() % 200 : hostile.random());
      if (hostile.random() % 8) report.arrival = hostile.odd_duration();
    }
    controller.on_feedback(history.join(reports, now), now);
    ASSERT_NO_FATAL_FAILURE(expect_sane(controller.tick(now)));
    ASSERT_LE(history.size(), 32768u);
    ASSERT_LE(history.in_flight(), history.size() * 1500);
  }
}

TEST(CongestionHostile, EmptyAndUnknownFeedbackChangesNothing) {
  CongestionController controller(limits);
  SentPackets history;
  for (int i = 0; i < 1000; i++) {
    const auto now = start + milliseconds(10 * i);
    controller.on_feedback({}, now);
    controller.on_feedback(history.join({{static_cast<uint16_t>(i), milliseconds(i)}}, now), now);
    ASSERT_EQ(controller.tick(now).target, limits.start);
  }
}

TEST(CongestionHostile, ArrivalsThatGoBackwards) {
  CongestionController controller(limits);
  for (int i = 0; i < 2000; i++) {
    const auto now = start + milliseconds(10 * i);
    TransportFeedback feedback;
    for (int j = 0; j < 5; j++) {
      PacketResult packet;
      packet.sequence = 5 * i + j;
      packet.size = 1000;
      packet.sent = now - milliseconds(50 - j);
      packet.arrival = seconds(3600) - milliseconds(10 * i + j);
      feedback.packets.push_back(packet);
    }
    controller.on_feedback(feedback, now);
    ASSERT_NO_FATAL_FAILURE(expect_sane(controller.tick(now)));
  }
}

TEST(CongestionHostile, LimitsThatMakeNoSense) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  for (const CongestionLimits &odd :
       {CongestionLimits{nan, nan, nan}, CongestionLimits{0, 0, 0}, CongestionLimits{5e6, 3e5, 1e5},
        CongestionLimits{-1, infinite, infinite}, CongestionLimits{infinite, 1, infinite}}) {
    CongestionController controller(odd);
    const auto target = controller.tick(start).target;
    EXPECT_TRUE(std::isfinite(target)) << target;
    EXPECT_GT(target, 0);
    controller.limit(nan, -5, start);
    EXPECT_GT(controller.tick(start).target, 0);
  }
}
