#include "congestion/protection.hpp"

#include <gtest/gtest.h>

using namespace rtc;

TEST(Protection, NoneIsNone) { EXPECT_EQ(parity_for(Protection::none, 0.2, milliseconds(300)), 0); }

TEST(Protection, ShortRoundTripsAreLeftToRetransmission) {
  EXPECT_EQ(parity_for(Protection::automatic, 0.05, milliseconds(10)), 0);
  EXPECT_EQ(parity_for(Protection::automatic, 0.05, milliseconds(20)), 0);
}

TEST(Protection, GrowsWithLossAndRoundTrip) {
  const auto at = [](double loss, int round_trip) {
    return parity_for(Protection::automatic, loss, milliseconds(round_trip));
  };
  EXPECT_EQ(at(0, 200), 0);
  EXPECT_EQ(at(0.004, 200), 0);
  EXPECT_NEAR(at(0.05, 60), 0.075, 1e-9);
  EXPECT_NEAR(at(0.05, 100), 0.15, 1e-9);
  EXPECT_NEAR(at(0.05, 400), 0.15, 1e-9);
  EXPECT_NEAR(at(0.1, 100), 0.3, 1e-9);
  EXPECT_EQ(at(0.4, 100), 0.5);
}

// Feedback comes by a timer: what it tells of a short trip is long now and then.
TEST(Protection, ALateReportIsNoLongTrip) {
  ParityAmount amount(Protection::automatic);
  TimePoint now{};
  for (int i = 0; i < 400; i++) {
    now += milliseconds(50);
    EXPECT_EQ(amount.update(0.05, milliseconds(i % 10 ? 60 : 5), now), 0);
  }
}

TEST(Protection, NoFeedbackIsNoShortTrip) {
  ParityAmount amount(Protection::automatic);
  TimePoint now{};
  double part = 0;
  for (int i = 0; i < 200; i++)
    part = amount.update(0.05, milliseconds(i % 50 ? 120 : 0), now += milliseconds(50));
  EXPECT_NEAR(part, 0.15, 0.01);
}

TEST(Protection, FollowsSlowly) {
  ParityAmount amount(Protection::automatic);
  TimePoint now{};
  double before = 0;
  for (int i = 0; i < 200; i++) {
    now += milliseconds(50);
    const auto part = amount.update(0.05, milliseconds(120), now);
    EXPECT_GE(part, before);
    EXPECT_LT(part - before, 0.02);
    before = part;
  }
  EXPECT_NEAR(before, 0.15, 0.01);
  for (int i = 0; i < 200; i++)
    before = amount.update(0, milliseconds(120), now += milliseconds(50));
  EXPECT_EQ(before, 0);
  EXPECT_EQ(ParityAmount(Protection::always).part(), 0.1);
}

TEST(Protection, AlwaysMeansWithoutLossToo) {
  EXPECT_EQ(parity_for(Protection::always, 0, milliseconds(1)), 0.1);
  EXPECT_NEAR(parity_for(Protection::always, 0.05, milliseconds(1)), 0.15, 1e-9);
}
