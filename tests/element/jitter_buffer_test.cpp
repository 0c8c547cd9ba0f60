// The times of what the jitter buffer lets out after a gap.
#include <gst/check/gstharness.h>
#include <gst/rtp/gstrtpbuffer.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/ref.hpp"
#include "media/rising_times.hpp"

namespace rtc {
namespace {

constexpr guint rate = 90000;
constexpr guint frame = 6000;  // 15 per second
constexpr GstClockTime interval = GST_SECOND / 15;

class JitterBuffer : public testing::Test {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }

  JitterBuffer() {
    gst_harness_set_src_caps_str(harness_.get(),
                                 "application/x-rtp, media=video, clock-rate=90000, "
                                 "encoding-name=VP8, payload=96");
    gst_harness_use_testclock(harness_.get());
  }

  // The packet of frame `n`, which comes at that time.
  void push(guint n, GstClockTime time) {
    auto *packet = gst_rtp_buffer_new_allocate(10, 0, 0);
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(packet, GST_MAP_WRITE, &rtp);
    gst_rtp_buffer_set_payload_type(&rtp, 96);
    gst_rtp_buffer_set_seq(&rtp, static_cast<guint16>(1000 + n));
    gst_rtp_buffer_set_timestamp(&rtp, 7 * rate + n * frame);
    gst_rtp_buffer_set_ssrc(&rtp, 1);
    gst_rtp_buffer_unmap(&rtp);
    GST_BUFFER_DTS(packet) = GST_BUFFER_PTS(packet) = time;
    gst_harness_push(harness_.get(), packet);
  }

  std::vector<GstClockTime> pull(guint count) {
    std::vector<GstClockTime> times;
    while (times.size() < count) {
      const auto packet = adopt(gst_harness_pull(harness_.get()));
      if (!packet) break;
      times.push_back(GST_BUFFER_PTS(packet.get()));
    }
    return times;
  }

  const std::unique_ptr<GstHarness, decltype(&gst_harness_teardown)> harness_{
      gst_harness_new("rtpjitterbuffer"), gst_harness_teardown};
};

// What waited in the network comes at once, and one packet of it late.
TEST_F(JitterBuffer, TimesRiseThroughABurst) {
  const auto pad = adopt(gst_element_get_static_pad(harness_->element, "src"));
  keep_times_rising(pad.get(), rate);
  const auto start = 20 * GST_SECOND;
  push(0, start);
  gst_harness_crank_single_clock_wait(harness_.get());
  for (guint n = 1; n < 10; n++)
    if (n != 4) push(n, start + n * 10 * GST_MSECOND);
  push(4, start + 100 * GST_MSECOND);
  const auto times = pull(10);
  ASSERT_EQ(times.size(), 10u);
  for (size_t i = 1; i < times.size(); i++) EXPECT_GT(times[i], times[i - 1]) << i;
  EXPECT_LT(times.back() - times.front(), 10 * interval);
}

}  // namespace
}  // namespace rtc
