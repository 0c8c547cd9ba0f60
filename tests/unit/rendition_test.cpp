// Lists of renditions: how they are written, and what they make of an input.
#include "media/rendition.hpp"

#include <gtest/gtest.h>

#include "media/frame_thinner.hpp"

using namespace rtc;

namespace {

std::vector<Rendition> parsed(std::string_view text) {
  const auto result = parse_renditions(text);
  EXPECT_TRUE(result) << text << ": " << result.error().message;
  return result ? *result : std::vector<Rendition>{};
}

std::string planned(std::string_view text, const Picture &input, unsigned bitrate = 0) {
  std::string result;
  for (const auto &encoding : plan_renditions(parsed(text), input, bitrate).encodings)
    result += (result.empty() ? "" : ",") + to_text(encoding.rendition);
  return result;
}

const Picture hd{1280, 720, 30};

}  // namespace

TEST(Renditions, AreReadAsWritten) {
  EXPECT_EQ(
      parsed("1280x720@2500k, 640x360 ,320x180/15@0.15M,160x90@64000"),
      (std::vector<Rendition>{
          {1280, 720, 0, 2500000}, {640, 360, 0, 0}, {320, 180, 15, 150000}, {160, 90, 0, 64000}}));
  EXPECT_TRUE(parsed("").empty());
  for (const auto &rendition : parsed("1280x720@2500k,640x360,320x180/15@150k"))
    EXPECT_EQ(parsed(to_text(rendition)), std::vector{rendition});
}

TEST(Renditions, BadTextNamesCauseAndRemedy) {
  for (const char *text : {"720p", "1280x", "x720", "1280x720@", "1280x720@fast", "1280x720@0",
                           "1280x720/0", "1280x720/15.5", "8x8", "-640x360", "640x360@700kk",
                           "99999x360", "640x360@nan", "640x360@1e99", "640 x 360", "640x360@5G"}) {
    const auto result = parse_renditions(std::string("320x180,") + text);
    ASSERT_FALSE(result) << text;
    EXPECT_NE(result.error().message.find(text), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().message.find("640x360/15@700k"), std::string::npos);
    EXPECT_EQ(result.error().kind, Error::Kind::settings);
  }
  EXPECT_FALSE(parse_renditions("16x16,16x16,16x16,16x16,16x16,16x16,16x16,16x16,16x16"));
}

TEST(Renditions, AreDerivedFromTheInput) {
  EXPECT_EQ(planned("", hd), "1280x720@2004k,640x360@501k,320x180@125k");
  EXPECT_EQ(planned("", {720, 1280, 30}), "720x1280@2004k,360x640@501k,180x320@125k");
  EXPECT_EQ(planned("", {640, 480, 30}), "640x480@668k,320x240@167k");
  EXPECT_EQ(planned("", {320, 240, 30}), "320x240@167k");
  EXPECT_EQ(planned("", {160, 120, 30}), "160x120@100k");
  EXPECT_EQ(planned("", hd, 1000000), "1280x720@1000k,640x360@250k,320x180@63k");
  EXPECT_EQ(plan_renditions({}, {3840, 2160, 30}, 0).encodings.size(), 4u);
}

TEST(Renditions, KeepTheAspectRatioInEvenSizes) {
  EXPECT_EQ(planned("320x180@100k", {640, 480, 30}), "240x180@100k");
  EXPECT_EQ(planned("640x360@100k", {720, 1280, 30}), "360x640@100k");  // stands
  EXPECT_EQ(planned("320x180@100k", {1366, 768, 30}), "320x180@100k");
  EXPECT_EQ(planned("100x100@100k", {1920, 1080, 30}), "100x56@100k");
}

TEST(Renditions, NeverEnlarge) {
  const auto plan =
      plan_renditions(parsed("1920x1080@4M,1280x720@2M,640x360@500k"), {1280, 718, 30}, 0);
  ASSERT_EQ(plan.encodings.size(), 2u);
  EXPECT_EQ(to_text(plan.encodings[0].rendition), "1280x718@2000k");
  EXPECT_FALSE(plan.encodings[0].scaled);
  EXPECT_TRUE(plan.encodings[1].scaled);
  ASSERT_EQ(plan.left_out.size(), 1u);
  EXPECT_EQ(plan.left_out[0].width, 1920u);
  // Something is always left.
  EXPECT_EQ(planned("1920x1080@4M,1280x720@2M", {640, 360, 30}), "640x360@2000k");
}

TEST(Renditions, LeaveOutFramesOnlyWhereThereAreMore) {
  EXPECT_EQ(planned("1280x720/60,320x180/15", hd), "1280x720@2004k,320x180/15@100k");
  EXPECT_TRUE(plan_renditions(parsed("320x180/15"), hd, 0).encodings[0].thinned);
  EXPECT_FALSE(plan_renditions(parsed("320x180/15"), {640, 360, 15}, 0).encodings[0].thinned);
}

TEST(Renditions, EachIsWorthItsRateDownToTheNext) {
  const auto plan = plan_renditions(parsed("320x180@150k,1280x720@2500k,640x360@700k"), hd, 0);
  ASSERT_EQ(plan.encodings.size(), 3u);  // best first
  EXPECT_EQ(plan.encodings[0].least, 700000u);
  EXPECT_EQ(plan.encodings[1].least, 175000u);
  EXPECT_EQ(plan.encodings[2].least, 50000u);
}

TEST(Renditions, OfAnUnknownInputAreOne) {
  const auto plan = plan_renditions(parsed("320x180@150k,640x360@700k"), {}, 300000);
  ASSERT_EQ(plan.encodings.size(), 1u);
  EXPECT_FALSE(plan.encodings[0].scaled);
  EXPECT_EQ(plan.encodings[0].rendition.bitrate, 300000u);
}

namespace {

// How many of a second's frames stay; each may be late by up to that much.
unsigned kept(unsigned framerate, unsigned wanted, GstClockTime late = 0) {
  FrameClock clock(wanted);
  unsigned count = 0;
  for (unsigned i = 0; i < framerate; i++)
    count += clock.keeps(i * GST_SECOND / framerate + (i % 3) * late / 2);
  return count;
}

}  // namespace

TEST(FrameClock, KeepsThePartThatIsWanted) {
  EXPECT_EQ(kept(30, 0), 30u);
  EXPECT_EQ(kept(30, 30), 30u);
  EXPECT_EQ(kept(30, 15), 15u);
  EXPECT_EQ(kept(30, 15, 8 * GST_MSECOND), 15u);
  EXPECT_EQ(kept(30, 10), 10u);
  EXPECT_NEAR(kept(25, 15), 15, 1);
  EXPECT_NEAR(kept(60, 25), 25, 1);
}

TEST(FrameClock, BeginsAnewAfterAGapOrAJump) {
  FrameClock clock(10);
  EXPECT_TRUE(clock.keeps(0));
  EXPECT_FALSE(clock.keeps(50 * GST_MSECOND));
  EXPECT_TRUE(clock.keeps(5 * GST_SECOND));
  EXPECT_FALSE(clock.keeps(5050 * GST_MSECOND));
  EXPECT_TRUE(clock.keeps(1 * GST_SECOND));
  EXPECT_FALSE(clock.keeps(1050 * GST_MSECOND));
  EXPECT_TRUE(clock.keeps(1100 * GST_MSECOND));
  EXPECT_TRUE(clock.keeps(GST_CLOCK_TIME_NONE));
}
