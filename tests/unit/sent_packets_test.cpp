#include "congestion/sent_packets.hpp"

#include <gtest/gtest.h>

using namespace rtc;

namespace {

constexpr TimePoint start{seconds(1000)};

SentPacket packet(size_t size = 1000) {
  SentPacket result;
  result.size = size;
  return result;
}

}  // namespace

TEST(SentPackets, JoinsReportsAcrossTheWrap) {
  SentPackets sent;
  EXPECT_EQ(sent.add(65534, packet(100), start), 65534);
  EXPECT_EQ(sent.add(65535, packet(200), start), 65535);
  EXPECT_EQ(sent.add(0, packet(300), start), 65536);
  EXPECT_EQ(sent.in_flight(), 600u);
  const auto feedback = sent.join({{65535, milliseconds(5)}, {0, milliseconds(6)}}, start);
  ASSERT_EQ(feedback.packets.size(), 2u);
  EXPECT_EQ(feedback.packets[0].sequence, 65535);
  EXPECT_EQ(feedback.packets[0].size, 200u);
  EXPECT_EQ(feedback.packets[1].sequence, 65536);
  EXPECT_EQ(feedback.packets[1].arrival, milliseconds(6));
  EXPECT_TRUE(feedback.gap) << "65534 was passed over";
  EXPECT_EQ(sent.in_flight(), 0u);
}

TEST(SentPackets, TellsEachFateOnce) {
  SentPackets sent;
  for (uint16_t i = 0; i < 4; i++) sent.add(i, packet(), start);
  const auto first = sent.join({{0, milliseconds(1)}, {1, {}}, {2, milliseconds(2)}}, start);
  ASSERT_EQ(first.packets.size(), 3u);
  EXPECT_FALSE(first.gap);
  EXPECT_FALSE(first.packets[1].arrival);
  // The same again, and the lost one came after all.
  const auto again = sent.join({{0, milliseconds(1)}, {1, {}}, {2, {}}}, start);
  EXPECT_TRUE(again.packets.empty());
  const auto late = sent.join({{1, milliseconds(9)}}, start);
  ASSERT_EQ(late.packets.size(), 1u);
  EXPECT_TRUE(late.packets[0].late);
  EXPECT_TRUE(sent.join({{1, {}}, {1, milliseconds(9)}}, start).packets.empty());
}

TEST(SentPackets, FeedbackThatOvertookAnother) {
  SentPackets sent;
  for (uint16_t i = 0; i < 4; i++) sent.add(i, packet(), start);
  EXPECT_TRUE(sent.join({{2, milliseconds(3)}, {3, milliseconds(4)}}, start).gap);
  const auto overtaken = sent.join({{0, milliseconds(1)}, {1, milliseconds(2)}}, start);
  EXPECT_EQ(overtaken.packets.size(), 2u);
  EXPECT_FALSE(overtaken.gap);
}

TEST(SentPackets, WhatNoReportSpeaksOfIsLostWhenNoneIsMissing) {
  SentPackets sent;
  for (uint16_t i = 0; i < 6; i++) sent.add(i, packet(), start);
  sent.join({{0, milliseconds(1)}}, start);
  const auto feedback = sent.join({{3, milliseconds(3)}}, start, true);
  EXPECT_FALSE(feedback.gap);
  ASSERT_EQ(feedback.packets.size(), 3u);
  EXPECT_FALSE(feedback.packets[1].arrival || feedback.packets[2].arrival);
  // It came after all.
  const auto late = sent.join({{2, milliseconds(4)}}, start, true);
  ASSERT_EQ(late.packets.size(), 1u);
  EXPECT_TRUE(late.packets[0].late);
  EXPECT_TRUE(sent.join({{5, milliseconds(5)}}, start, false).gap);
}

TEST(SentPackets, UnknownNumbersAndMemory) {
  SentPackets sent;
  EXPECT_TRUE(sent.join({{7, milliseconds(1)}}, start).packets.empty());
  for (int i = 0; i < 100000; i++) sent.add(static_cast<uint16_t>(i), packet(), start);
  EXPECT_LE(sent.size(), 32768u);
  EXPECT_EQ(sent.in_flight(), sent.size() * 1000);
  sent.add(static_cast<uint16_t>(100000), packet(), start + seconds(20));
  EXPECT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent.in_flight(), 1000u);
  EXPECT_TRUE(sent.join({{5, milliseconds(1)}}, start + seconds(20)).packets.empty());
}
