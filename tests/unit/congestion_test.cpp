#include <gtest/gtest.h>

#include <random>

#include "congestion/congestion_controller.hpp"
#include "congestion/sent_packets.hpp"

using namespace rtc;

namespace {

constexpr TimePoint start{seconds(1000)};

PacketResult result(TimePoint sent, std::optional<Duration> arrival, size_t size = 1000) {
  PacketResult made;
  made.sent = sent;
  made.size = size;
  made.arrival = arrival;
  return made;
}

}  // namespace

TEST(BurstGroups, MeasuresBetweenBursts) {
  BurstGroups groups;
  // Sent 10 ms apart in bursts of two, arriving 12 ms apart.
  std::vector<BurstGroups::Delta> deltas;
  for (int i = 0; i < 5; i++)
    for (int j = 0; j < 2; j++)
      if (const auto delta =
              groups.add(start + milliseconds(10 * i + 2 * j), milliseconds(500 + 12 * i + 3 * j)))
        deltas.push_back(*delta);
  ASSERT_EQ(deltas.size(), 3u);
  EXPECT_EQ(deltas[0].sent, milliseconds(10));
  EXPECT_EQ(deltas[0].arrived, milliseconds(12));
}

TEST(BurstGroups, StartsOverWhenTheClockGoesBack) {
  BurstGroups groups;
  for (int i = 0; i < 5; i++) groups.add(start + milliseconds(10 * i), milliseconds(10 * i));
  int deltas = 0;
  for (int i = 0; i < 20; i++)
    deltas +=
        groups.add(start - seconds(5) + milliseconds(10 * i), milliseconds(10 * i)).has_value();
  EXPECT_GT(deltas, 10);
}

TEST(OveruseDetector, FollowsTheSlopeOfTheDelay) {
  const auto use_at = [](double growth) {
    BurstGroups groups;
    Trendline trendline;
    OveruseDetector detector;
    for (int i = 0; i < 100; i++) {
      const auto delta =
          groups.add(start + milliseconds(10 * i), from_seconds(0.01 * i * (1 + growth)));
      if (!delta) continue;
      if (const auto slope = trendline.add(*delta)) {
        EXPECT_NEAR(*slope, growth / (1 + growth), 0.02 + std::abs(growth) * 0.6);
        detector.update(*slope, trendline.groups(), delta->sent, delta->arrival);
      }
    }
    return detector.use();
  };
  EXPECT_EQ(use_at(0), NetworkUse::normal);
  EXPECT_EQ(use_at(0.3), NetworkUse::overuse);
  EXPECT_EQ(use_at(-0.3), NetworkUse::underuse);
}

TEST(OveruseDetector, GetsUsedToASlopeThatStays) {
  OveruseDetector detector;
  Duration arrival = seconds(1);
  const auto overuses = [&](double trend, int times) {
    int count = 0;
    for (int i = 0; i < times; i++, arrival += milliseconds(10))
      count += detector.update(trend / 240, 60, milliseconds(10), arrival) == NetworkUse::overuse;
    return count;
  };
  EXPECT_GT(overuses(18, 10), 0);
  overuses(20, 200);
  EXPECT_EQ(overuses(18, 10), 0) << "else a TCP flow beside us starves us";
}

TEST(AcknowledgedBitrate, CountsOverTheWindow) {
  AcknowledgedBitrate acknowledged;
  EXPECT_FALSE(acknowledged.over(milliseconds(500)));
  for (int i = 0; i < 200; i++) acknowledged.add(milliseconds(10 * i), 1250);
  EXPECT_NEAR(*acknowledged.over(milliseconds(500)), 1e6, 1e4);
  // Half of it: the short window knows first.
  for (int i = 0; i < 10; i++) acknowledged.add(milliseconds(2000 + 20 * i), 1250);
  EXPECT_NEAR(*acknowledged.over(milliseconds(200)), 5e5, 6e4);
  EXPECT_GT(*acknowledged.over(milliseconds(500)), 7e5);
  acknowledged.restart();
  EXPECT_FALSE(acknowledged.over(milliseconds(500)));
  // A clock set back, and one that stands still.
  acknowledged.add(seconds(100), 1000);
  for (int i = 0; i < 100; i++) acknowledged.add(milliseconds(10 * i), 1250);
  EXPECT_NEAR(*acknowledged.over(milliseconds(500)), 1e6, 1e4);
}

TEST(ApplicationLimit, HasHysteresis) {
  ApplicationLimit limit;
  auto now = start;
  const auto send = [&](double part, int times) {
    for (int i = 0; i < times; i++, now += milliseconds(10))
      limit.sent(static_cast<size_t>(1250 * part), now);
    return limit.update(1e6, now);
  };
  EXPECT_FALSE(send(1, 100));
  EXPECT_FALSE(send(0.7, 100));
  EXPECT_TRUE(send(0.5, 100));
  EXPECT_TRUE(send(0.7, 100));
  EXPECT_FALSE(send(0.9, 100));
}

namespace {

// `seconds` of packets at a rate, lost as `lost` says; one every `interval`.
template <typename Lost>
void feed(LossController &loss, TimePoint &now, Duration interval, int count, Bitrate wished,
          Lost lost) {
  for (int i = 0; i < count; i++, now += interval) {
    const auto arrival = lost() ? std::nullopt : std::optional<Duration>(milliseconds(1));
    loss.add(result(now, arrival, 1250));
    if (i % 10 == 9) loss.update(wished, now);
  }
}

}  // namespace

TEST(LossController, LossThatTheRateDoesNotChangeIsThePaths) {
  LossController loss;
  std::mt19937 random(1);
  const auto lost = [&] { return random() % 100 < 5; };
  auto now = start;
  feed(loss, now, milliseconds(20), 300, 1e6, lost);  // 500 kbit/s
  feed(loss, now, milliseconds(10), 600, 2e6, lost);  // 1 Mbit/s
  EXPECT_FALSE(loss.limit());
  EXPECT_FALSE(loss.bound());
  EXPECT_NEAR(loss.inherent(), 0.05, 0.03);
}

TEST(LossController, LossThatGrowsWithTheRateLimitsIt) {
  LossController loss;
  std::mt19937 random(1);
  auto now = start;
  feed(loss, now, milliseconds(10), 300, 1e6, [] { return false; });  // 1 Mbit/s: none
  // 1.18: what is too much is lost.
  feed(loss, now, microseconds(8500), 300, 1.18e6, [&] { return random() % 100 < 15; });
  ASSERT_TRUE(loss.limit());
  EXPECT_NEAR(*loss.limit(), 1e6, 1.5e5);
}

TEST(LossController, UncommonLossIsTriedWithLess) {
  LossController loss;
  auto now = start;
  int count = 0;
  feed(loss, now, milliseconds(10), 300, 1e6, [&] { return ++count % 8 == 0; });
  ASSERT_TRUE(loss.limit());
  EXPECT_LT(*loss.limit(), 1e6);
}

TEST(LossController, MuchLossBoundsTheRateWhateverItsCause) {
  LossController loss;
  std::mt19937 random(1);
  auto now = start;
  feed(loss, now, milliseconds(10), 1000, 1e6, [&] { return random() % 100 < 40; });
  ASSERT_TRUE(loss.bound());
  EXPECT_NEAR(*loss.bound(), 100000 / 0.32, 1e5);
}

TEST(LossController, APacketThatCameLateWasNotLost) {
  LossController loss;
  auto now = start;
  for (int i = 0; i < 400; i++, now += milliseconds(10)) {
    loss.add(result(now, i % 5 ? std::optional<Duration>(milliseconds(1)) : std::nullopt));
    if (i % 5 == 0) {
      auto late = result(now, milliseconds(2));
      late.late = true;
      loss.add(late);
    }
    loss.update(1e6, now);
  }
  EXPECT_EQ(loss.loss(), 0);
  EXPECT_FALSE(loss.limit());
}

TEST(ProbeResults, ReadsTheRateFromTheSpacing) {
  const auto measure = [](double arrival_factor, int lost) {
    ProbeResults results;
    results.expect({2e6, 5000, 5, 1}, start);
    std::optional<ProbeResults::Result> found;
    for (int i = 0; i < 5 - lost; i++) {
      auto row = result(start + milliseconds(4 * i), from_seconds(0.004 * i * arrival_factor));
      row.cluster = 1;
      if (const auto now_found = results.add(row)) found = now_found;
    }
    return found ? found->rate : 0;
  };
  EXPECT_NEAR(measure(1, 0), 2e6, 1e4);
  EXPECT_NEAR(measure(2, 0), 0.95e6, 1e4);
  EXPECT_NEAR(measure(1, 1), 2e6, 1e4);
  EXPECT_EQ(measure(1, 2), 0);
  EXPECT_EQ(measure(0.3, 0), 0);
  EXPECT_EQ(measure(1000, 0), 0);
}

TEST(Prober, ClimbsAtTheStartAndStopsAtTheLink) {
  Prober prober(3e5);
  auto now = start;
  Prober::Situation situation{3e5, 1e7, false, true};
  const auto next = [&] {
    for (int i = 0; i < 100; i++, now += milliseconds(10))
      if (const auto probe = prober.next(situation, now)) return probe->rate;
    return 0.0;
  };
  EXPECT_EQ(next(), 9e5);
  EXPECT_EQ(prober.measured(1, 9e5, 3e5, now), 9e5);
  situation.target = 9e5;
  EXPECT_EQ(next(), 1.8e6);
  EXPECT_EQ(prober.measured(2, 1.8e6, 9e5, now), 1.8e6);
  situation.target = 1.8e6;
  EXPECT_EQ(next(), 3.6e6) << "twice what is proven";
  EXPECT_FALSE(prober.measured(3, 1e6, 1.8e6, now)) << "the link's end";
  EXPECT_EQ(next(), 0);
}

TEST(Prober, ClimbsMoreSlowlyOnceMisled) {
  Prober prober(3e5);
  auto now = start;
  const Prober::Situation situation{5e5, 1e7, false, true};
  int cluster = 0;
  const auto climb = [&] {
    for (int i = 0; i < 500; i++, now += milliseconds(10)) {
      if (!prober.next(situation, now)) continue;
      return prober.measured(++cluster, 5e6, situation.target, now).value_or(0);
    }
    return 0.0;
  };
  climb();
  climb();  // those of the start
  prober.seek(2e6, now);
  EXPECT_EQ(climb(), 2 * situation.target);
  prober.overused(now);
  EXPECT_EQ(climb(), 1.5 * situation.target);
}

TEST(Prober, SeeksWhatWasLost) {
  Prober prober(3e5);
  auto now = start;
  Prober::Situation situation{5e5, 1e7, false, true};
  int probes = 0;
  const auto run = [&](int s) {
    probes = 0;
    for (int i = 0; i < s * 100; i++, now += milliseconds(10))
      probes += prober.next(situation, now).has_value();
    return probes;
  };
  run(5);
  prober.overused(now);
  EXPECT_EQ(run(20), 0);
  prober.seek(2e6, now);
  EXPECT_GE(run(20), 6);
  situation.target = 1.9e6;
  EXPECT_EQ(run(5), 0) << "found";
  situation.application_limited = true;
  EXPECT_GE(run(20), 3);
  situation.clear = false;
  EXPECT_EQ(run(20), 0);
}

TEST(CongestionController, LostFeedbackDoesNotLowerWhatIsAcknowledged) {
  CongestionController controller({});
  SentPackets history;
  std::vector<SentPackets::Report> reports;
  for (int i = 0; i < 1000; i++) {
    const auto now = start + milliseconds(10 * i);
    SentPacket sent;
    sent.size = 1250;
    history.add(static_cast<uint16_t>(i), sent, now);
    controller.sent(sent, now);
    reports.push_back({static_cast<uint16_t>(i), milliseconds(10 * i + 20)});
    if (i % 10 != 9) continue;
    if (i % 80 != 79) controller.on_feedback(history.join(reports, now), now);
    reports.clear();
    const auto acknowledged = controller.tick(now).state.acknowledged;
    EXPECT_TRUE(acknowledged == 0 || acknowledged > 0.95e6) << i << ": " << acknowledged;
  }
}

TEST(CongestionController, SleepIsNoSilenceOfThePeer) {
  CongestionController controller({});
  auto now = start;
  SentPacket sent;
  sent.size = 1000;
  controller.sent(sent, now);
  auto heard = result(now, milliseconds(20));
  controller.on_feedback({{heard}}, now + milliseconds(50));
  controller.sent(sent, now + milliseconds(60));
  const auto before = controller.tick(now + milliseconds(70)).target;
  EXPECT_EQ(controller.tick(now + seconds(60)).target, before);
}

TEST(QueueWatch, KnowsWhoseQueueItIs) {
  QueueWatch queue;
  auto now = start;
  const auto feed_delay = [&](int ms) {
    now += milliseconds(50);
    queue.add(now - milliseconds(ms), now - start + seconds(77), now);
  };
  for (int i = 0; i < 20; i++) feed_delay(20);
  EXPECT_TRUE(queue.empty());
  // It stands, moves, and does not go although we went down.
  for (int i = 0; i < 120; i++) {
    feed_delay(200 + i % 60);
    if (i % 20 == 0) queue.decreased(now);
    if (i == 25) {
      EXPECT_LT(queue.drain(now), 0.8);
    }
  }
  EXPECT_TRUE(queue.competing());
  for (int i = 0; i < 10; i++) feed_delay(22);
  EXPECT_FALSE(queue.competing());
  EXPECT_EQ(queue.drain(now), 1);
  // A longer route stands still: it becomes the base.
  for (int i = 0; i < 120; i++) {
    feed_delay(120);
    if (i % 20 == 0) queue.decreased(now);
  }
  EXPECT_FALSE(queue.competing());
  EXPECT_TRUE(queue.empty());
}
