#include "media/parity_stream.hpp"

#include <gtest/gtest.h>

using namespace rtc;

namespace {

const RtpLayout layout{96, 1, 2};

class ParityStreamTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }

  Ref<GstBufferList> frame(unsigned packets) {
    auto list = adopt(gst_buffer_list_new());
    for (unsigned i = 0; i < packets; i++) {
      const RtpFrame::Packet packet{{}, adopt(gst_buffer_new_memdup("payload", 7))};
      const RtpHeader header{i + 1 == packets, sequence_++, timestamp_, 7};
      gst_buffer_list_add(list.get(), make_packet(packet, header, layout, 99, 5).release());
    }
    timestamp_ += 3000;
    return list;
  }
  // How many parity packets follow a frame of so many.
  guint due(unsigned packets, double part) {
    const auto list = stream_.frame(frame(packets).get(), part, 0);
    return list ? gst_buffer_list_length(list.get()) : 0;
  }

  ParityStream stream_{{49, 0x01020304}, layout};
  uint16_t sequence_ = 65530;
  uint32_t timestamp_ = 1000;
};

}  // namespace

TEST_F(ParityStreamTest, LargeFramesHaveTheirOwn) {
  EXPECT_EQ(due(10, 0.1), 1u);
  EXPECT_EQ(due(10, 0.3), 3u);
  EXPECT_EQ(due(1, 0.25), 0u);
}

// 33 ms apart.
TEST_F(ParityStreamTest, SmallFramesShare) {
  EXPECT_EQ(due(4, 0.1), 0u);
  EXPECT_EQ(due(4, 0.1), 0u);
  EXPECT_EQ(due(4, 0.1), 1u);
  EXPECT_EQ(due(1, 0.1), 0u);
  EXPECT_EQ(due(1, 0.1), 0u);
  EXPECT_EQ(due(1, 0.1), 1u);
}

TEST_F(ParityStreamTest, LittleIsNotMadeMuch) {
  guint sum = 0;
  for (int i = 0; i < 1000; i++) sum += due(2, 0.01);
  EXPECT_GE(sum, 20u);
  EXPECT_LE(sum, 70u);
}

// 5 frames per second: the next one would come too late.
TEST_F(ParityStreamTest, RareFramesDoNotWait) {
  guint sum = 0;
  for (int i = 0; i < 40; i++) {
    timestamp_ += 15000;
    sum += due(2, 0.15);
  }
  EXPECT_GE(sum, 38u);
}

TEST_F(ParityStreamTest, WhatIsTooOldIsLeftOut) {
  EXPECT_EQ(due(2, 0.01), 0u);
  timestamp_ += 90000;
  const auto parity = stream_.frame(frame(10).get(), 0.1, 0);
  ASSERT_TRUE(parity);
  guint8 base[2];
  gst_buffer_extract(gst_buffer_list_get(parity.get(), 0), 24 + 16, base, 2);
  EXPECT_EQ(GST_READ_UINT16_BE(base), static_cast<uint16_t>(65530 + 2));
}

TEST_F(ParityStreamTest, VeryLargeFramesAreProtectedInParts) {
  EXPECT_EQ(due(3 * flexfec_span, 0.01), 3u);
  EXPECT_EQ(due(200, 0.1), 20u);
}

TEST_F(ParityStreamTest, WithoutProtectionNothingIsKept) {
  EXPECT_EQ(due(9, 0.1), 0u);
  EXPECT_EQ(due(9, 0), 0u);
  EXPECT_EQ(due(9, 0.1), 0u);
  EXPECT_EQ(due(1, 0.1), 1u);
}

TEST_F(ParityStreamTest, IsAStreamOfItsOwnThatRepairsTheOther) {
  const auto sent = frame(5);
  const auto parity = stream_.frame(sent.get(), 0.2, 0x123456);
  ASSERT_TRUE(parity);
  ASSERT_EQ(gst_buffer_list_length(parity.get()), 1u);
  const auto bytes_of = [](GstBufferList *list, guint i) {
    auto *buffer = gst_buffer_list_get(list, i);
    RtpBytes bytes(gst_buffer_get_size(buffer));
    gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
    return bytes;
  };
  const auto packet = bytes_of(parity.get(), 0);
  EXPECT_EQ(packet[1], 49);  // no marker
  EXPECT_EQ(parse_rtp_header(packet.data()).ssrc, 0x01020304u);
  EXPECT_EQ(packet[20], 0x12);  // time of sending
  EXPECT_EQ(GST_BUFFER_PTS(gst_buffer_list_get(parity.get(), 0)), 5u);
  FlexfecDecoder decoder({1, 2});
  for (guint i = 0; i < 5; i++)
    if (i != 3) (void)decoder.media(bytes_of(sent.get(), i));
  const auto recovered = decoder.parity(std::span(packet).subspan(24));
  ASSERT_EQ(recovered.size(), 1u);
  EXPECT_EQ(recovered.front(), to_protect(bytes_of(sent.get(), 3), {1, 2}));

  const auto next = stream_.frame(frame(5).get(), 0.2, 0);
  EXPECT_EQ(parse_rtp_header(bytes_of(next.get(), 0).data()).sequence,
            parse_rtp_header(packet.data()).sequence + 1);
}
