// The controllers on simulated links. Each test prints what it measured.
#include <gtest/gtest.h>

#include <cstdio>

#include "support/simulated_sender.hpp"
#include "support/simulated_tcp.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

using Link = SimulatedLink::Config;
using Sender = SimulatedSender::Config;

constexpr Bitrate mega = 1e6;

template <typename... Values>
void measured(const char *format, Values... values) {
  std::printf("[ measured ] ");
  std::printf(format, values...);
  std::printf("\n");
}

// One sender on one link, from 300 kbit/s.
struct Alone {
  explicit Alone(Link link, Sender config = {})
      : simulator(std::move(link)), sender(simulator.add<SimulatedSender>(std::move(config))) {}
  double use(double from, double to, Bitrate rate) { return sender.received(from, to) / rate; }

  LinkSimulator simulator;
  SimulatedSender &sender;
};

Link link_of(std::function<Bitrate(double)> rate) {
  Link link;
  link.rate = std::move(rate);
  return link;
}

}  // namespace

TEST(CongestionScenarios, StartUp) {
  Alone alone({});
  alone.simulator.run(5);
  const double reached = alone.sender.reaches(0.8 * 2 * mega, 0, 5);
  measured("80 %% of 2 Mbit/s after %.2f s, queue p95 %.0f ms", reached,
           alone.simulator.queue(0, 5, 0.95));
  EXPECT_GT(reached, 0);
  EXPECT_LT(reached, 2);
}

TEST(CongestionScenarios, StepDownAndUp) {
  Alone alone(link_of([](double at) { return at < 20 || at >= 40 ? 2 * mega : 0.5 * mega; }));
  alone.simulator.run(60);
  const double before = alone.use(5, 20, 2 * mega), low = alone.use(25, 40, 0.5 * mega),
               after = alone.use(47, 60, 2 * mega);
  const double drained = alone.simulator.queue_under(50, 20, 40);
  const double back = alone.sender.reaches(0.8 * 2 * mega, 40, 60);
  measured(
      "use %.2f / %.2f / %.2f, queue under 50 ms after %.2f s, 80 %% back after %.2f s,"
      " queue p50 %.0f p95 %.0f ms at 2 Mbit/s, %.0f / %.0f at 0.5",
      before, low, after, drained, back, alone.simulator.queue(5, 20, 0.5),
      alone.simulator.queue(5, 20, 0.95), alone.simulator.queue(23, 40, 0.5),
      alone.simulator.queue(23, 40, 0.95));
  EXPECT_GE(before, 0.8);
  EXPECT_GE(low, 0.8);
  EXPECT_GE(after, 0.8);
  EXPECT_GE(drained, 0);
  EXPECT_LT(drained, 3);
  EXPECT_GE(back, 0);
  EXPECT_LT(back, 6);
  EXPECT_LT(alone.simulator.queue(5, 20, 0.95), 50);
}

TEST(CongestionScenarios, Ramps) {
  Alone down(link_of([](double at) { return std::clamp(2 - (at - 10) * 0.15, 0.5, 2.0) * mega; }));
  down.simulator.run(30);
  Alone up(link_of([](double at) { return std::clamp(0.5 + (at - 10) * 0.075, 0.5, 2.0) * mega; }));
  up.simulator.run(40);
  const double capacity = 1.25 * mega;  // mean of the ramp's rate
  measured("down: use %.2f, queue p95 %.0f ms; up: use %.2f, then %.2f", down.use(10, 20, capacity),
           down.simulator.queue(10, 20, 0.95), up.use(10, 30, capacity), up.use(31, 40, 2 * mega));
  EXPECT_GE(down.use(10, 20, capacity), 0.7);
  EXPECT_LT(down.simulator.queue(10, 20, 0.95), 150);
  EXPECT_GE(up.use(10, 30, capacity), 0.7);
  EXPECT_GE(up.use(31, 40, 2 * mega), 0.8);
}

TEST(CongestionScenarios, BesideTcp) {
  for (const double begins : {0.0, 15.0}) {
    Alone alone({});
    alone.simulator.add<SimulatedTcp>(begins, begins + 70);
    alone.simulator.run(begins + 90);
    const double share = alone.use(begins + 10, begins + 70, 2 * mega);
    const double after = alone.use(begins + 80, begins + 90, 2 * mega);
    measured("TCP from %.0f s: share %.2f, when it ended %.2f", begins, share, after);
    EXPECT_GE(share, 0.2);
    EXPECT_LE(share, 0.6) << "TCP shall live, too";
    EXPECT_GE(after, 0.8);
    EXPECT_LT(alone.simulator.queue(begins + 80, begins + 90, 0.95), 60);
  }
}

TEST(CongestionScenarios, JitterIsNoCongestion) {
  for (const int jitter : {10, 30, 60}) {
    Link link;
    link.jitter = milliseconds(jitter);
    Alone alone(link);
    link.reorders = true;
    Alone mixed(link);
    alone.simulator.run(40);
    mixed.simulator.run(40);
    measured("%d ms: use %.2f, lowest target %.2f Mbit/s; out of order: use %.2f", jitter,
             alone.use(5, 40, 2 * mega), alone.sender.target_between(5, 40, true) / mega,
             mixed.use(5, 40, 2 * mega));
    EXPECT_GE(alone.use(5, 40, 2 * mega), 0.8);
    EXPECT_GE(alone.sender.target_between(5, 40, true), 0.4 * 2 * mega);
    EXPECT_GE(mixed.use(5, 40, 2 * mega), 0.6);
  }
}

TEST(CongestionScenarios, RandomLoss) {
  for (const auto &[loss, least] : {std::pair{0.02, 0.8}, {0.05, 0.7}, {0.1, 0.5}}) {
    Link link;
    link.loss = loss;
    Alone alone(link);
    alone.simulator.run(60);
    const auto &state = alone.sender.decision.state;
    measured("%.0f %%: use %.2f, queue p95 %.0f ms, loss seen %.3f, inherent %.2f", loss * 100,
             alone.use(5, 60, 2 * mega), alone.simulator.queue(5, 60, 0.95), state.loss,
             state.inherent);
    EXPECT_GE(alone.use(5, 60, 2 * mega), least);
    EXPECT_LT(alone.simulator.queue(5, 60, 0.95), 60);
  }
}

// A queue too short for the delay to show what is too much: only the loss does.
TEST(CongestionScenarios, LossIsCongestionOnAShortQueue) {
  Link link = link_of([](double at) { return at < 20 ? 2 * mega : 0.5 * mega; });
  link.queue = milliseconds(40);
  Alone alone(link);
  alone.simulator.run(40);
  const double sent = alone.sender.target_between(25, 40, false);
  measured("use %.2f, highest target on 0.5 Mbit/s %.2f, loss %.3f", alone.use(25, 40, 0.5 * mega),
           sent / mega, alone.sender.decision.state.loss);
  EXPECT_GE(alone.use(25, 40, 0.5 * mega), 0.7);
  EXPECT_LT(sent, 0.8 * mega);
  EXPECT_LT(alone.sender.decision.state.loss, 0.1);
}

// A policer drops the surplus and lets nothing wait.
TEST(CongestionScenarios, LossIsCongestionWithoutAQueue) {
  Link link = link_of([](double at) { return at < 20 ? 4 * mega : 1 * mega; });
  link.queue = milliseconds(100);
  link.polices = true;
  Alone alone(link);
  alone.simulator.run(25);
  double loss = 0;
  for (int i = 1; i <= 100; i++) {
    alone.simulator.run(25 + 0.35 * i);
    loss += alone.sender.decision.state.loss / 100;
  }
  measured("use %.2f, loss %.3f", alone.use(25, 59, mega), loss);
  EXPECT_GE(alone.use(25, 59, mega), 0.8);
  EXPECT_LT(loss, 0.12);
}

TEST(CongestionScenarios, FeedbackLost) {
  Sender config;
  config.feedback = [](double at) { return at < 20 || at > 22; };
  Alone alone({}, config);
  alone.simulator.run(30);
  const auto lowest = alone.sender.target_between(20, 23, true);
  measured("lowest target %.2f Mbit/s, use after %.2f", lowest / mega, alone.use(24, 30, 2 * mega));
  EXPECT_LT(lowest, 0.85 * alone.sender.target_between(19, 20, true));
  EXPECT_GT(lowest, 0.3 * mega);
  EXPECT_GE(alone.use(24, 30, 2 * mega), 0.75);

  Sender unreliable;
  unreliable.feedback_loss = 0.2;
  Alone often({}, unreliable);
  often.simulator.run(30);
  measured("20 %% of all feedback: use %.2f", often.use(5, 30, 2 * mega));
  EXPECT_GE(often.use(5, 30, 2 * mega), 0.75);
}

TEST(CongestionScenarios, FeedbackGoneLowersTheRateToTheLeast) {
  Sender config;
  config.feedback = [](double at) { return at < 10; };
  Alone alone({}, config);
  alone.simulator.run(40);
  EXPECT_EQ(alone.sender.decision.target, 30000);
  EXPECT_EQ(alone.sender.decision.state.reason, RateReason::no_feedback);
}

TEST(CongestionScenarios, ClocksAreSet) {
  for (const double jump : {0.4, 3.0, 3600.0, -0.4, -3.0, -3600.0}) {
    const auto at_20 = [jump](double at) { return at < 20 ? Duration(0) : from_seconds(jump); };
    Sender receiver, sender;
    receiver.receiver_clock = at_20;
    sender.sender_clock = at_20;
    Alone far({}, receiver), near({}, sender);
    far.simulator.run(30);
    near.simulator.run(30);
    measured("%+.1f s at the receiver: use %.2f; at the sender: %.2f", jump,
             far.use(20, 25, 2 * mega), near.use(20, 25, 2 * mega));
    EXPECT_GE(far.use(20, 25, 2 * mega), 0.75);
    EXPECT_GE(near.use(20, 25, 2 * mega), 0.75);
    EXPECT_LT(near.simulator.queue(20, 30, 0.95), 80);
  }
}

TEST(CongestionScenarios, SenderIdle) {
  Sender config;
  config.demand = [](double at) { return at > 20 && at < 30 ? 0 : 1e9; };
  Alone alone({}, config);
  alone.simulator.run(40);
  Alone shrunk(link_of([](double at) { return at < 25 ? 2 * mega : 0.5 * mega; }), config);
  shrunk.simulator.run(40);
  measured("use in the second after %.2f; on a link that shrank: queue under 50 ms after %.2f s",
           alone.use(30.2, 31.2, 2 * mega), shrunk.simulator.queue_under(50, 30, 40));
  EXPECT_GE(alone.use(30.2, 31.2, 2 * mega), 0.7);
  EXPECT_GE(shrunk.simulator.queue_under(50, 30, 40), 0);
  EXPECT_LT(shrunk.simulator.queue_under(50, 30, 40), 3);
}

TEST(CongestionScenarios, ApplicationLimited) {
  Sender config;
  config.demand = [](double at) { return at < 20 ? 200000 : 1e9; };
  Alone alone({}, config);
  alone.simulator.run(19);
  EXPECT_TRUE(alone.sender.decision.state.application_limited);
  alone.simulator.run(25);
  measured("use in the second second after %.2f", alone.use(21, 22, 2 * mega));
  EXPECT_GE(alone.use(21, 22, 2 * mega), 0.7) << "probes kept the rate known";
}

TEST(CongestionScenarios, TenFlowsOnOneLink) {
  for (const Bitrate capacity : {5 * mega, 10 * mega}) {
    LinkSimulator simulator(link_of([capacity](double) { return capacity; }));
    std::vector<SimulatedSender *> senders;
    for (unsigned i = 0; i < 10; i++) {
      Sender config;
      config.seed = i + 1;
      config.begins = 0.5 * i;
      senders.push_back(&simulator.add<SimulatedSender>(config));
    }
    simulator.run(60);
    double sum = 0, least = 1e9, most = 0;
    for (const auto *sender : senders) {
      const double rate = sender->received(30, 60);
      sum += rate;
      least = std::min(least, rate);
      most = std::max(most, rate);
    }
    measured("%.0f Mbit/s: use %.2f, most / least %.2f, queue p50 %.0f p95 %.0f ms",
             capacity / mega, sum / capacity, most / least, simulator.queue(30, 60, 0.5),
             simulator.queue(30, 60, 0.95));
    EXPECT_GE(sum / capacity, 0.8);
    EXPECT_LT(most / least, 2);
    EXPECT_LT(simulator.queue(30, 60, 0.5), 60);
  }
}

TEST(CongestionScenarios, SlowLink) {
  Alone alone(link_of([](double) { return 0.2 * mega; }));
  alone.simulator.run(40);
  measured("0.2 Mbit/s: use %.2f, queue p50 %.0f ms", alone.use(5, 40, 0.2 * mega),
           alone.simulator.queue(5, 40, 0.5));
  EXPECT_GE(alone.use(5, 40, 0.2 * mega), 0.8);
  EXPECT_LT(alone.simulator.queue(5, 40, 0.5), 80) << "a packet alone takes 48";
}
