// Many that come at once catch up one after the other, each a little at a time.

#include "media/catch_up.hpp"

#include <gtest/gtest.h>

using namespace rtc;

namespace {
constexpr size_t burst = 40;
const TimePoint start = TimePoint(seconds(100));
}  // namespace

TEST(CatchUp, OneAloneHardlyWaits) {
  CatchUp all;
  for (int i = 0; i < 10; i++) {
    const auto wait = all.sent(burst, start + milliseconds(10) * i);
    EXPECT_GT(wait, Duration::zero());
    EXPECT_LE(wait, milliseconds(4));
  }
}

TEST(CatchUp, ManyTakeTurns) {
  CatchUp all;
  Duration last{};
  for (int viewer = 0; viewer < 96; viewer++) {
    const auto wait = all.sent(burst, start);
    EXPECT_GT(wait, last);
    last = wait;
  }
  EXPECT_GT(last, milliseconds(100));
  EXPECT_LT(last, milliseconds(200));
  const auto later = start + 2 * last;  // nobody comes meanwhile
  EXPECT_LE(all.sent(burst, later), milliseconds(4));
}

TEST(CatchUp, NobodyWaitsLong) {
  CatchUp all;
  for (int viewer = 0; viewer < 1000; viewer++)
    EXPECT_LE(all.sent(burst, start), milliseconds(200));
}
