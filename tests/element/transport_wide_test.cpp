// The packets of a connection are numbered, and what comes back of them is told and goes no
// further.
#include "session/transport_wide.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/ref.hpp"
#include "media/rtp_frame.hpp"

using namespace rtc;

namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t id = 5;

// Packets 0 to 2: came, was lost, came.
const Bytes feedback{0x8f, 205, 0, 6, 0, 0, 0,    1,    0, 0, 0, 2, 0, 0,
                     0,    3,   0, 0, 1, 0, 0xd1, 0x00, 4, 8, 0, 0, 0, 0};
const Bytes receiver_report{0x80, 201, 0, 1, 0, 0, 0, 1};

class TransportWideTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }
  void SetUp() override {
    gst_element_add_pad(decoder_.get(), source_);
    gst_pad_set_chain_function_full(
        sink_.get(),
        [](GstPad *pad, GstObject *, GstBuffer *buffer) {
          static_cast<TransportWideTest *>(pad->chaindata)->passed_++;
          gst_buffer_unref(buffer);
          return GST_FLOW_OK;
        },
        this, nullptr);
    gst_pad_set_active(source_, TRUE);
    gst_pad_set_active(sink_.get(), TRUE);
    ASSERT_EQ(gst_pad_link(source_, sink_.get()), GST_PAD_LINK_OK);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(source_, gst_event_new_stream_start("rtcp"));
    gst_pad_push_event(source_, gst_event_new_segment(&segment));
    TransportWide::watch(decoder_.get(), transport_);
    transport_->on_feedback([this](const TransportFeedback &told) { told_.push_back(told); });
    transport_->negotiated(id);
  }
  void TearDown() override { gst_pad_set_active(sink_.get(), FALSE); }

  // With the number that it gets.
  int send(uint8_t extension = id) {
    std::array<uint8_t, max_rtp_header_size> header{};
    const auto size = write_rtp_header(header, {true, 1, 2, 3}, {96, extension, 2}, 0);
    transport_->number({header.data(), size});
    return header[17] << 8 | header[18];
  }
  void receive(const Bytes &rtcp) {
    EXPECT_EQ(gst_pad_push(source_, gst_buffer_new_memdup(rtcp.data(), rtcp.size())), GST_FLOW_OK);
  }

  const std::shared_ptr<TransportWide> transport_ = std::make_shared<TransportWide>();
  const Ref<GstElement> decoder_ = sink(gst_bin_new(nullptr));
  GstPad *source_ = gst_pad_new("rtcp_src", GST_PAD_SRC);
  const Ref<GstPad> sink_ = sink(gst_pad_new("sink", GST_PAD_SINK));
  std::vector<TransportFeedback> told_;
  int passed_ = 0;
};

}  // namespace

TEST_F(TransportWideTest, TellsWhatBecameOfThePackets) {
  for (int i = 0; i < 3; i++) EXPECT_EQ(send(), i);
  receive(feedback);
  ASSERT_EQ(told_.size(), 1u);
  ASSERT_EQ(told_[0].packets.size(), 3u);
  EXPECT_TRUE(told_[0].packets[0].arrival);
  EXPECT_FALSE(told_[0].packets[1].arrival);
  EXPECT_EQ(*told_[0].packets[2].arrival - *told_[0].packets[0].arrival, milliseconds(2));
  EXPECT_EQ(told_[0].packets[0].size, max_rtp_header_size + 10 + 28);
  EXPECT_EQ(passed_, 0);
}

TEST_F(TransportWideTest, OthersGetWhatElseIsInThePacket) {
  send();
  receive(receiver_report);
  EXPECT_EQ(passed_, 1);
  auto compound = receiver_report;
  compound.insert(compound.end(), feedback.begin(), feedback.end());
  receive(compound);
  EXPECT_EQ(passed_, 2);
  EXPECT_EQ(told_.size(), 1u);
}

TEST_F(TransportWideTest, NumbersOnlyWhatHasTheExtension) {
  EXPECT_EQ(send(), 0);
  EXPECT_EQ(send(7), 0);
  EXPECT_EQ(send(), 1);
  std::vector<uint8_t> broken(14, 0xff);
  transport_->number(broken);
  EXPECT_EQ(broken, std::vector<uint8_t>(14, 0xff));
  EXPECT_EQ(send(), 2);
}

TEST_F(TransportWideTest, NobodyHearsItAtTheEnd) {
  send();
  transport_->on_feedback(nullptr);
  receive(feedback);
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(passed_, 0);
}
