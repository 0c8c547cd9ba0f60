#include "media/rtp_frame.hpp"

#include <gtest/gtest.h>

using namespace rtc;

namespace {

const RtpLayout plain{96, 1, 2};

RtpFrame frame(uint16_t first, unsigned packets, uint32_t timestamp = 1000) {
  RtpFrame result;
  result.layout = plain;
  result.list = adopt(gst_buffer_list_new());
  for (unsigned i = 0; i < packets; i++) {
    const RtpHeader header{i + 1 == packets, static_cast<uint16_t>(first + i), timestamp, 7};
    RtpFrame::Packet packet{header, adopt(gst_buffer_new_memdup("payload", 7))};
    gst_buffer_list_add(result.list.get(), make_packet(packet, header, plain, 0, 0).release());
    result.packets.push_back(std::move(packet));
  }
  return result;
}

std::vector<uint8_t> bytes(GstBufferList *list, guint index) {
  auto *buffer = gst_buffer_list_get(list, index);
  std::vector<uint8_t> out(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, out.data(), out.size());
  return out;
}

class RtpFrameTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }
};

}  // namespace

TEST_F(RtpFrameTest, WritesHeaderAndExtensions) {
  std::array<uint8_t, max_rtp_header_size> out;
  const auto size =
      write_rtp_header(out, {true, 0x1234, 0x11223344, 0x55667788}, {97, 3, 4}, 0xabcdef);
  ASSERT_EQ(size, 24u);
  const uint8_t expected[] = {0x90, 0x80 | 97, 0x12, 0x34, 0x11, 0x22, 0x33, 0x44,
                              0x55, 0x66,      0x77, 0x88, 0xBE, 0xDE, 0,    2,
                              0x31, 0,         0,    0x42, 0xab, 0xcd, 0xef, 0};
  EXPECT_TRUE(std::equal(out.begin(), out.end(), expected));
  const auto header = parse_rtp_header(out.data());
  EXPECT_TRUE(header.marker);
  EXPECT_EQ(header.sequence, 0x1234);
  EXPECT_EQ(header.timestamp, 0x11223344u);
  EXPECT_EQ(header.ssrc, 0x55667788u);
}

TEST_F(RtpFrameTest, LeavesOutWhatWasNotNegotiated) {
  std::array<uint8_t, max_rtp_header_size> out;
  EXPECT_EQ(write_rtp_header(out, {}, {96, 0, 0}, 0), 12u);
  EXPECT_EQ(out[0], 0x80);
  EXPECT_EQ(write_rtp_header(out, {}, {96, 1, 0}, 0), 20u);
  EXPECT_EQ(out[15], 1);  // one word
}

TEST_F(RtpFrameTest, AbsoluteSendTimeIsFixedPoint) {
  EXPECT_EQ(abs_send_time(1000000), 1u << 18);
  EXPECT_EQ(abs_send_time(64000000), 0u);  // wraps after 64 s
}

TEST_F(RtpFrameTest, SharesTheListWhenNothingDiffers) {
  RtpRewriter rewriter(plain);
  const auto first = frame(10, 3), second = frame(13, 2);
  EXPECT_EQ(rewriter.rewrite(first, 0, 0).get(), first.list.get());
  EXPECT_EQ(rewriter.rewrite(second, 0, 0).get(), second.list.get());
}

TEST_F(RtpFrameTest, SequenceStaysUnbrokenAfterAGap) {
  RtpRewriter rewriter(plain);
  const auto first = frame(65534, 3), later = frame(100, 2);
  (void)rewriter.rewrite(first, 0, 0);
  const auto list = rewriter.rewrite(later, 0, 0);
  EXPECT_NE(list.get(), later.list.get());
  EXPECT_EQ(parse_rtp_header(bytes(list.get(), 0).data()).sequence, 1);
  EXPECT_EQ(parse_rtp_header(bytes(list.get(), 1).data()).sequence, 2);
}

TEST_F(RtpFrameTest, ChangesTypeAndTimeAndSharesThePayload) {
  RtpRewriter rewriter({45, 0, 0});
  const auto original = frame(5, 1, 1000);
  const auto list = rewriter.rewrite(original, -90, 0);
  const auto packet = bytes(list.get(), 0);
  EXPECT_EQ(packet.size(), 12u + 7);
  EXPECT_EQ(packet[1] & 0x7f, 45);
  EXPECT_EQ(parse_rtp_header(packet.data()).timestamp, 910u);
  auto *buffer = gst_buffer_list_get(list.get(), 0);
  EXPECT_EQ(gst_buffer_peek_memory(buffer, 1),
            gst_buffer_peek_memory(original.packets[0].payload.get(), 0));
}
