// Which rendition a viewer gets as the estimate of its path goes up and down.
#include "session/rendition_choice.hpp"

#include <gtest/gtest.h>

using namespace rtc;

namespace {

class Choice : public testing::Test {
 protected:
  // 720p, 360p, 180p.
  std::vector<RenditionChoice::Offer> offers{
      {500e3, 720, 500e3}, {125e3, 360, 125e3}, {50e3, 180, 50e3}};
  RenditionChoice choice;
  TimePoint now{seconds(100)};

  // The choice every 50 ms; what it is at the end.
  size_t stay(double estimate, milliseconds time) {
    for (const auto end = now + time; now < end; now += milliseconds(50))
      choice.choose(offers, estimate, now);
    return choice.current();
  }
};

}  // namespace

TEST_F(Choice, BeginsWithTheBestThatThePathTakes) {
  EXPECT_EQ(choice.choose(offers, {}, now), 0u);
  EXPECT_EQ(RenditionChoice().choose(offers, 2e6, now), 0u);
  EXPECT_EQ(RenditionChoice().choose(offers, 300e3, now), 1u);
  EXPECT_EQ(RenditionChoice().choose(offers, 10e3, now), 2u);
  EXPECT_EQ(choice.switches(), 0u);
}

TEST_F(Choice, GoesDownAtOnce) {
  stay(2e6, seconds(1));
  EXPECT_EQ(choice.choose(offers, 499e3, now), 1u);
  EXPECT_EQ(choice.reason(), "the path takes less");
  EXPECT_EQ(choice.choose(offers, 60e3, now), 2u);
  EXPECT_EQ(choice.choose(offers, 1e3, now), 2u);
  EXPECT_EQ(choice.switches(), 2u);
}

TEST_F(Choice, GoesUpAfterSomeSecondsClearlyAbove) {
  stay(300e3, seconds(1));
  EXPECT_EQ(stay(550e3, seconds(60)), 1u);  // above, but not clearly
  EXPECT_EQ(stay(600e3, milliseconds(2900)), 1u);
  EXPECT_EQ(stay(600e3, milliseconds(300)), 0u);
  EXPECT_EQ(choice.reason(), "the path takes more");
  EXPECT_EQ(choice.switches(), 1u);
}

TEST_F(Choice, BesideAnotherFlowTheStepUpIsLarger) {
  stay(300e3, seconds(1));
  const auto stay_contested = [&](double estimate, double highest = 2e6) {
    for (const auto end = now + seconds(7); now < end; now += milliseconds(50))
      choice.choose(offers, estimate, now, highest);
    return choice.current();
  };
  EXPECT_EQ(stay_contested(750e3), 1u);
  EXPECT_EQ(stay_contested(850e3), 0u);
  EXPECT_EQ(stay_contested(510e3), 0u);
  EXPECT_EQ(stay_contested(490e3), 1u);
  // What cannot be reached is not asked for.
  now += seconds(60);
  EXPECT_EQ(stay_contested(640e3, 700e3), 1u);
  now += seconds(60);
  EXPECT_EQ(stay_contested(690e3, 700e3), 0u);
}

TEST_F(Choice, ADipStartsTheWaitAgain) {
  stay(300e3, seconds(1));
  for (int i = 0; i < 20; i++) {
    EXPECT_EQ(stay(600e3, milliseconds(2500)), 1u);
    EXPECT_EQ(stay(400e3, milliseconds(50)), 1u);
  }
  EXPECT_EQ(choice.switches(), 0u);
}

TEST_F(Choice, RisesStepByStepAndFallsAtOnce) {
  stay(60e3, seconds(1));
  EXPECT_EQ(stay(3e6, seconds(4)), 1u);
  EXPECT_EQ(stay(3e6, seconds(4)), 0u);
  EXPECT_EQ(choice.choose(offers, 60e3, now), 2u);
  EXPECT_EQ(choice.switches(), 3u);
}

TEST_F(Choice, AnEstimateThatFlapsSwitchesLessAndLess) {
  stay(300e3, seconds(1));
  std::vector<unsigned> switches;
  for (int minute = 0; minute < 4; minute++) {
    const auto before = choice.switches();
    for (const auto end = now + seconds(60); now < end;) {
      // What a rendition too large does to its own path.
      if (choice.current() == 0)
        stay(450e3, seconds(2));
      else
        stay(700e3, milliseconds(100));
    }
    switches.push_back(choice.switches() - before);
  }
  EXPECT_LE(switches[0], 10u);
  EXPECT_LE(switches[3], 4u);
  // A path that has become better is believed again.
  stay(700e3, seconds(70));
  EXPECT_EQ(choice.current(), 0u);
  stay(700e3, seconds(70));
  stay(300e3, seconds(1));
  EXPECT_EQ(stay(700e3, milliseconds(3200)), 0u);
}

TEST_F(Choice, TheApplicationFixesOne) {
  stay(2e6, seconds(1));
  choice.limit({2, 0, 0});
  EXPECT_EQ(choice.choose(offers, 2e6, now), 2u);
  EXPECT_EQ(choice.reason(), "fixed by the application");
  choice.limit({0, 0, 0});
  EXPECT_EQ(choice.choose(offers, 10e3, now), 0u);  // whatever the path takes
  choice.limit({});
  EXPECT_EQ(choice.choose(offers, 10e3, now), 2u);
  choice.limit({9, 0, 0});
  EXPECT_EQ(choice.choose(offers, 2e6, now), 2u);  // the list became shorter
}

TEST_F(Choice, TheApplicationLimitsIt) {
  stay(2e6, seconds(1));
  choice.limit({{}, 480, 0});
  EXPECT_EQ(choice.choose(offers, 2e6, now), 1u);
  EXPECT_EQ(choice.reason(), "limited by the application");
  EXPECT_EQ(stay(2e6, seconds(10)), 1u);
  choice.limit({{}, 0, 100e3});
  EXPECT_EQ(choice.choose(offers, 2e6, now), 2u);
  choice.limit({{}, 90, 0});
  EXPECT_EQ(choice.choose(offers, 2e6, now), 2u);  // none fits: the least
  choice.limit({});
  EXPECT_EQ(stay(2e6, seconds(8)), 0u);
  choice.limit({{}, 480, 0});
  EXPECT_EQ(choice.choose(offers, {}, now), 1u);  // without an estimate, too
  choice.limit({});
  EXPECT_EQ(choice.choose(offers, {}, now), 0u);
}

TEST_F(Choice, AShorterListIsNoTrouble) {
  stay(60e3, seconds(1));
  offers.pop_back();
  EXPECT_EQ(choice.choose(offers, 60e3, now), 1u);
  offers.pop_back();
  EXPECT_EQ(choice.choose(offers, 60e3, now), 0u);
}
