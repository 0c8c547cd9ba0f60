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

TEST(Protection, AlwaysMeansWithoutLossToo) {
  EXPECT_EQ(parity_for(Protection::always, 0, milliseconds(1)), 0.1);
  EXPECT_NEAR(parity_for(Protection::always, 0.05, milliseconds(1)), 0.15, 1e-9);
}
