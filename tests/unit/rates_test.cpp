// Rates of encoders and of retransmission, and feedback as GStreamer reports it.
#include <gtest/gtest.h>

#include "session/feedback.hpp"
#include "session/group_rate.hpp"
#include "session/rate_meter.hpp"
#include "session/retransmission_budget.hpp"
#include "support/feedback_event.hpp"

using namespace rtc;
using rtc::test::FeedbackEvent;

TEST(GroupRate, FollowsALoneViewer) {
  EXPECT_EQ(group_rate({}), 0);
  EXPECT_EQ(group_rate({700e3}), 700e3);
}

TEST(GroupRate, TakesTheLeastOfThoseThatAreAlike) {
  EXPECT_EQ(group_rate({1e6, 800e3, 900e3}), 800e3);
  EXPECT_EQ(group_rate({1e6, 600e3}), 600e3);
}

TEST(GroupRate, LeavesOutWhatIsFarWorse) {
  EXPECT_EQ(group_rate({1e6, 100e3, 900e3}), 900e3);
  EXPECT_EQ(group_rate({2e6, 300e3}), 2e6);
}

TEST(GroupRate, WhereThereIsASmallerRenditionLeavesOutMore) {
  EXPECT_EQ(group_rate({1e6, 800e3, 900e3}, alike), 800e3);
  EXPECT_EQ(group_rate({1e6, 600e3, 900e3}, alike), 900e3);
}

TEST(MiddleOfOthers, DoesNotCountOneself) {
  EXPECT_EQ(middle_of_others({}, {}), std::nullopt);
  EXPECT_EQ(middle_of_others({700e3}, 700e3), std::nullopt);
  EXPECT_EQ(middle_of_others({700e3}, {}), 700e3);
  EXPECT_EQ(middle_of_others({200e3, 2e6}, 200e3), 2e6);
  EXPECT_EQ(middle_of_others({200e3, 2e6}, 2e6), 200e3);
  EXPECT_EQ(middle_of_others({200e3, 1e6, 2e6}, 200e3), 2e6);
  EXPECT_EQ(middle_of_others({200e3, 1e6, 2e6}, 2e6), 1e6);
  EXPECT_EQ(middle_of_others({1e6, 1e6}, 1e6), 1e6);
}

TEST(RateMeter, MeasuresOverASecondOrMore) {
  RateMeter meter;
  const TimePoint start{seconds(1)};
  EXPECT_FALSE(meter.update(1000, start));
  EXPECT_FALSE(meter.update(3000, start + milliseconds(900)));
  EXPECT_EQ(meter.update(101000, start + seconds(1)), 800e3);
  EXPECT_EQ(meter.update(201000, start + milliseconds(1500)), 800e3);
  EXPECT_EQ(meter.update(201000, start + seconds(3)), 400e3);
}

TEST(AudioShare, IsTheWishUnlessThePathIsNarrow) {
  EXPECT_EQ(audio_share(1e6, 64e3), 64e3);
  EXPECT_EQ(audio_share(160e3, 64e3), 40e3);
  EXPECT_EQ(audio_share(30e3, 64e3), 16e3) << "speech still";
  EXPECT_EQ(audio_share(30e3, 8e3), 8e3);
  EXPECT_EQ(audio_share(1e6, 0), 0) << "passed through";
}

TEST(RetransmissionBudget, HasNoLimitUntilItIsToldOne) {
  RetransmissionBudget budget;
  for (uint16_t i = 0; i < 1000; i++) EXPECT_TRUE(budget.take(1, i, TimePoint{}));
}

TEST(RetransmissionBudget, GivesItsRateOverTime) {
  RetransmissionBudget budget;
  budget.limit(96000, milliseconds(100));  // ten packets a second
  const auto taken = [&](TimePoint from, int milliseconds_long) {
    int count = 0;
    for (int ms = 0; ms < milliseconds_long; ms++)
      count += budget.take(1, 500, from + milliseconds(ms));
    return count;
  };
  const TimePoint start{seconds(1)};
  EXPECT_NEAR(taken(start, 1000), 14, 1);  // with what may be saved up
  EXPECT_NEAR(taken(start + seconds(1), 1000), 10, 1);
  EXPECT_NEAR(taken(start + seconds(60), 1), 1, 0);
}

TEST(RetransmissionBudget, TheLastKeyframeComesFirst) {
  RetransmissionBudget budget;
  budget.limit(96000, milliseconds(100));
  const TimePoint start{seconds(1)};
  budget.keyframe(1, 65530, 10, start);  // to 3
  // What was before: from the first half of the budget only.
  EXPECT_TRUE(budget.take(1, 65529, start));
  EXPECT_TRUE(budget.take(1, 65528, start));
  EXPECT_FALSE(budget.take(1, 65527, start));
  // Another stream's numbers say nothing.
  EXPECT_TRUE(budget.take(2, 65527, start));
  for (uint16_t i = 0; i < 10; i++)
    EXPECT_TRUE(budget.take(1, static_cast<uint16_t>(65530 + i), start)) << i;
  EXPECT_FALSE(budget.take(1, 4, start)) << "what follows the keyframe pays for it";
  // Not again while the answer is on its way.
  EXPECT_FALSE(budget.take(1, 65535, start + milliseconds(99)));
  EXPECT_TRUE(budget.take(1, 65535, start + milliseconds(100)));
  EXPECT_TRUE(budget.take(1, 4, start + seconds(2)));
  // Numbers come round.
  for (uint16_t i = 0; i < 4; i++)
    EXPECT_TRUE(budget.take(1, static_cast<uint16_t>(65500 + i), start + seconds(60))) << i;
  EXPECT_FALSE(budget.take(1, 65530, start + seconds(60)));
}

TEST(RetransmissionBudget, SavesUpWhatItIsTold) {
  RetransmissionBudget budget;
  const auto start = TimePoint(seconds(100));
  for (const auto &[burst, packets] : {std::pair{milliseconds(250), 4}, {milliseconds(1000), 10}}) {
    budget.limit(96000, milliseconds(100), burst);
    const auto later = start + 10 * Duration(burst);
    int count = 0;
    for (uint16_t i = 0; i < 20; i++) count += budget.take(1, i, later);
    EXPECT_EQ(count, packets);
  }
}

namespace {

StructurePtr event(const std::vector<std::pair<unsigned, bool>> &packets) {
  FeedbackEvent event;
  for (const auto &[sequence, lost] : packets) event.add(sequence, 5000000000, 7000000000, lost);
  return event.structure();
}

}  // namespace

TEST(FeedbackReader, ReadsWhatArrivedAndWhatDidNot) {
  gst_init(nullptr, nullptr);
  FeedbackReader reader;
  const auto structure = event({{65535, false}, {0, true}});
  ASSERT_TRUE(structure);
  const auto feedback = reader.read(*structure);
  ASSERT_EQ(feedback.packets.size(), 2u);
  EXPECT_EQ(feedback.packets[0].sequence, 65535);
  EXPECT_EQ(feedback.packets[1].sequence, 65536);  // wrapped
  EXPECT_EQ(feedback.packets[0].arrival, Duration(seconds(7)));
  EXPECT_FALSE(feedback.packets[1].arrival);
  EXPECT_EQ(feedback.packets[0].size, 1000u + packet_overhead);
  EXPECT_EQ(feedback.packets[0].sent, TimePoint(seconds(5)));
}

TEST(FeedbackReader, TakesNothingFromWhatItDoesNotKnow) {
  gst_init(nullptr, nullptr);
  FeedbackReader reader;
  for (const char *text : {"a", "a, packets=(int)3", "a, packets=(string)x"}) {
    const StructurePtr structure(gst_structure_from_string(text, nullptr));
    EXPECT_TRUE(reader.read(*structure).packets.empty());
  }
}
