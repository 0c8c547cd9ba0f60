#include "media/flexfec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/network_order.hpp"

using namespace rtc;

namespace {

constexpr FlexfecExtensions ids{1, 2};

// As it leaves: with numbers in its extensions.
RtpBytes packet(uint16_t sequence, size_t payload, bool marker = false) {
  RtpBytes bytes = {0x90,
                    static_cast<uint8_t>(marker ? 0xe0 : 0x60),
                    static_cast<uint8_t>(sequence >> 8),
                    static_cast<uint8_t>(sequence),
                    0,
                    0,
                    static_cast<uint8_t>(sequence),
                    9,
                    0xaa,
                    0xbb,
                    0xcc,
                    0xdd,
                    0xbe,
                    0xde,
                    0,
                    2,
                    0x11,
                    static_cast<uint8_t>(sequence >> 8),
                    static_cast<uint8_t>(sequence),
                    0x22,
                    1,
                    2,
                    static_cast<uint8_t>(sequence),
                    0};
  std::mt19937 random(sequence);
  for (size_t i = 0; i < payload; i++) bytes.push_back(static_cast<uint8_t>(random()));
  return bytes;
}

std::vector<RtpBytes> packets(uint16_t first, size_t count) {
  std::vector<RtpBytes> result;
  for (size_t i = 0; i < count; i++)
    result.push_back(packet(static_cast<uint16_t>(first + i), 100 + i * 37 % 900, i + 1 == count));
  return result;
}

std::vector<RtpBytes> parity_for(const std::vector<RtpBytes> &sent, size_t count) {
  std::vector<RtpBytes> known;
  for (const auto &one : sent) known.push_back(to_protect(one, ids));
  return flexfec_payloads(known, count);
}

// The packets without those lost, then the parity.
std::vector<RtpBytes> receive(const std::vector<RtpBytes> &sent, const std::vector<size_t> &lost,
                              const std::vector<RtpBytes> &parity) {
  FlexfecDecoder decoder(ids);
  std::vector<RtpBytes> result;
  for (size_t i = 0; i < sent.size(); i++) {
    if (std::ranges::find(lost, i) != lost.end()) continue;
    EXPECT_TRUE(decoder.media(sent[i]).empty());
  }
  for (const auto &one : parity)
    for (auto &recovered : decoder.parity(one)) result.push_back(std::move(recovered));
  return result;
}

}  // namespace

// draft-ietf-payload-flexible-fec-scheme-03 section 4.2, field by field.
TEST(Flexfec, WritesTheHeader) {
  const auto sent = packets(1000, 3);
  const auto parity = parity_for(sent, 1);
  ASSERT_EQ(parity.size(), 1u);
  const auto &bytes = parity.front();
  const size_t longest = 12 + 100 + 2 * 37;
  EXPECT_EQ(bytes.size(), 20 + longest);
  EXPECT_EQ(bytes[0], 0x10);                                // R and F clear; X three times
  EXPECT_EQ(bytes[1], 0x80 ^ 0x60);                         // one marker
  EXPECT_EQ(read16(bytes, 2), 112 ^ (112 + 37) ^ longest);  // lengths
  EXPECT_EQ(bytes[6], (1000 ^ 1001 ^ 1002) & 0xff);         // time stamps
  EXPECT_EQ(read32(bytes, 8), 0x01000000u);                 // one SSRC
  EXPECT_EQ(read32(bytes, 12), 0xaabbccddu);
  EXPECT_EQ(read16(bytes, 16), 1000);
  EXPECT_EQ(read16(bytes, 18), 0x8000 | 0x7000);  // the last part of the mask; three packets
}

TEST(Flexfec, MasksGrowWithTheSpan) {
  EXPECT_EQ(parity_for(packets(7, 15), 1).front()[18] & 0x80, 0x80);
  const auto middle = parity_for(packets(7, 16), 1).front();
  EXPECT_EQ(middle[18] & 0x80, 0);
  EXPECT_EQ(read32(middle, 20), 0xc0000000u);
  const auto longest = parity_for(packets(7, flexfec_span), 1).front();
  EXPECT_EQ(longest[20] & 0x80, 0);
  EXPECT_EQ(read32(longest, 24), 0xffffffffu);
}

TEST(Flexfec, RecoversAnyOfEveryCount) {
  for (const size_t count : {1, 2, 3, 15, 16, 46, 47, 109})
    for (size_t lost = 0; lost < count; lost++) {
      const auto sent = packets(65500, count);
      const auto recovered = receive(sent, {lost}, parity_for(sent, 1));
      ASSERT_EQ(recovered.size(), 1u) << count << " " << lost;
      EXPECT_EQ(recovered.front(), to_protect(sent[lost], ids));
    }
}

TEST(Flexfec, RecoversAsManyInARowAsThereIsParity) {
  const auto sent = packets(40, 20);
  EXPECT_EQ(receive(sent, {7, 8, 9}, parity_for(sent, 3)).size(), 3u);
  EXPECT_EQ(receive(sent, {7, 8, 9, 10}, parity_for(sent, 3)).size(), 2u);  // 7 and 10 share one
}

TEST(Flexfec, WhatComesLateCompletesTheRest) {
  const auto sent = packets(40, 6);
  FlexfecDecoder decoder(ids);
  for (size_t i = 0; i < 4; i++) (void)decoder.media(sent[i]);
  EXPECT_TRUE(decoder.parity(parity_for(sent, 1).front()).empty());
  const auto recovered = decoder.media(sent[5]);
  ASSERT_EQ(recovered.size(), 1u);
  EXPECT_EQ(recovered.front(), to_protect(sent[4], ids));
  EXPECT_TRUE(decoder.media(sent[4]).empty());
}

TEST(Flexfec, WhatIsRecoveredHelpsOthers) {
  const auto sent = packets(40, 4);
  std::vector<RtpBytes> known;
  for (const auto &one : sent) known.push_back(to_protect(one, ids));
  const auto pair = flexfec_payloads(std::span(known).first(2), 1).front();
  const auto all = flexfec_payloads(known, 1).front();
  // 0 and 2 are lost: all of them lacks two until the pair gives one.
  FlexfecDecoder decoder(ids);
  EXPECT_TRUE(decoder.media(sent[1]).empty());
  EXPECT_TRUE(decoder.media(sent[3]).empty());
  EXPECT_TRUE(decoder.parity(all).empty());
  EXPECT_EQ(decoder.parity(pair).size(), 2u);
}

TEST(Flexfec, NothingIsMadeOfNonsense) {
  std::mt19937 random(1);
  FlexfecDecoder decoder(ids);
  for (int i = 0; i < 20000; i++) {
    RtpBytes bytes(random() % 64);
    for (auto &byte : bytes) byte = static_cast<uint8_t>(random());
    if (bytes.size() > 8 && i % 2) bytes[0] &= 0x3f, bytes[8] = 1;
    for (const auto &recovered : decoder.parity(bytes)) EXPECT_GE(recovered.size(), 12u);
    for (const auto &recovered : decoder.media(bytes)) EXPECT_GE(recovered.size(), 12u);
  }
}

// The length that parity tells is that of two packets and of none: longer than what there is.
TEST(Flexfec, LengthsThatCannotBeAreRefused) {
  const auto sent = packets(40, 2);
  auto parity = parity_for(sent, 1).front();
  parity[2] = 0xff;
  EXPECT_TRUE(receive(sent, {1}, {parity}).empty());
  parity = parity_for(sent, 1).front();
  parity.resize(30);
  EXPECT_TRUE(receive(sent, {1}, {parity}).empty());
}

TEST(Flexfec, NumbersThatComeAgainAreOthers) {
  const auto sent = packets(40, 4);
  FlexfecDecoder decoder(ids);
  for (size_t i = 0; i < 2; i++) (void)decoder.media(sent[i]);
  EXPECT_TRUE(decoder.parity(parity_for(sent, 1).front()).empty());
  for (unsigned i = 44; i < 65536 + 43; i++)
    ASSERT_TRUE(decoder.media(packet(static_cast<uint16_t>(i), 20)).empty()) << i;
}

TEST(Flexfec, ABrokenOneDoesNotStandInTheWay) {
  const auto sent = packets(40, 2);
  auto parity = parity_for(sent, 1).front();
  parity.resize(30);
  FlexfecDecoder decoder(ids);
  EXPECT_TRUE(decoder.media(sent[0]).empty());
  EXPECT_TRUE(decoder.parity(parity).empty());
  // The right one of the same packets.
  EXPECT_EQ(decoder.parity(parity_for(sent, 1).front()).size(), 1u);
}
