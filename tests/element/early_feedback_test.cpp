// Feedback that comes protected is read where it comes in, and goes no further; everything else
// does.
#include "session/early_feedback.hpp"

#include <gst/check/gstharness.h>

#include <atomic>
#include <numeric>

#include "base/find_element.hpp"
#include "media/rtp_frame.hpp"
#include "support/call_fixture.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t id = 5;

// Packet 0 came.
const Bytes feedback{0x8f, 205, 0, 5, 0, 0, 0, 1,    0,    0, 0, 2,
                     0,    0,   0, 1, 0, 0, 1, 0x00, 0xa0, 1, 4, 0};
const Bytes nack{0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 7, 0, 0};

class EarlyFeedbackTest : public ElementTest {
 protected:
  void SetUp() override {
    std::iota(master_.begin(), master_.end(), uint8_t(3));
    nicesrc_ = sink(gst_element_factory_make("nicesrc", nullptr));
    source_ = adopt(gst_element_get_static_pad(nicesrc_.get(), "src"));
    gst_pad_set_chain_function_full(
        sink_.get(),
        [](GstPad *pad, GstObject *, GstBuffer *buffer) {
          static_cast<EarlyFeedbackTest *>(pad->chaindata)->passed_++;
          gst_buffer_unref(buffer);
          return GST_FLOW_OK;
        },
        this, nullptr);
    gst_pad_set_active(source_.get(), TRUE);
    gst_pad_set_active(sink_.get(), TRUE);
    ASSERT_EQ(gst_pad_link(source_.get(), sink_.get()), GST_PAD_LINK_OK);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(source_.get(), gst_event_new_stream_start("ice"));
    gst_pad_push_event(source_.get(), gst_event_new_segment(&segment));
    EarlyFeedback::watch(nicesrc_.get(), early_);
    transport_->on_feedback([this](const TransportFeedback &told) { told_.push_back(told); });
    transport_->negotiated(id);
    std::array<uint8_t, max_rtp_header_size> header{};
    const auto size = write_rtp_header(header, {true, 1, 2, 3}, {96, id, 2}, 0);
    transport_->number({header.data(), size});
  }
  void TearDown() override {
    gst_pad_set_active(sink_.get(), FALSE);
    gst_pad_set_active(source_.get(), FALSE);
  }

  // As GStreamer protects it.
  Bytes protect(const Bytes &rtcp, const char *auth = "hmac-sha1-80") {
    const auto srtpenc = sink(gst_element_factory_make("srtpenc", nullptr));
    const auto key = adopt(gst_buffer_new_memdup(master_.data(), master_.size()));
    gst_util_set_object_arg(G_OBJECT(srtpenc.get()), "rtcp-cipher", "aes-128-icm");
    gst_util_set_object_arg(G_OBJECT(srtpenc.get()), "rtcp-auth", auth);
    g_object_set(srtpenc.get(), "random-key", FALSE, "key", key.get(), nullptr);
    const std::unique_ptr<GstHarness, Freer<gst_harness_teardown>> harness(
        gst_harness_new_with_element(srtpenc.get(), "rtcp_sink_0", "rtcp_src_0"));
    gst_harness_set_src_caps_str(harness.get(), "application/x-rtcp");
    gst_harness_push(harness.get(), gst_buffer_new_memdup(rtcp.data(), rtcp.size()));
    const auto made = adopt(gst_harness_pull(harness.get()));
    Bytes bytes(gst_buffer_get_size(made.get()));
    gst_buffer_extract(made.get(), 0, bytes.data(), bytes.size());
    return bytes;
  }
  void receive(const Bytes &packet) {
    gst_pad_push(source_.get(), gst_buffer_new_memdup(packet.data(), packet.size()));
  }

  srtp::Secret<srtp::master_size> master_;
  const std::shared_ptr<TransportWide> transport_ = std::make_shared<TransportWide>();
  const std::shared_ptr<EarlyFeedback> early_ = std::make_shared<EarlyFeedback>(transport_);
  Ref<GstElement> nicesrc_;
  Ref<GstPad> source_;
  const Ref<GstPad> sink_ = sink(gst_pad_new("sink", GST_PAD_SINK));
  std::vector<TransportFeedback> told_;
  int passed_ = 0;
};

}  // namespace

TEST_F(EarlyFeedbackTest, IsReadAndGoesNoFurther) {
  early_->use_key(master_);
  const auto packet = protect(feedback);
  receive(packet);
  ASSERT_EQ(told_.size(), 1u);
  ASSERT_EQ(told_[0].packets.size(), 1u);
  EXPECT_TRUE(told_[0].packets[0].arrival);
  EXPECT_EQ(passed_, 0);
  receive(packet);
  EXPECT_EQ(told_.size(), 1u);
  EXPECT_EQ(passed_, 0) << "what comes twice is not for anybody else";
}

TEST_F(EarlyFeedbackTest, EverythingElsePasses) {
  receive(protect(feedback));
  EXPECT_EQ(passed_, 1) << "no key yet";
  early_->use_key(master_);
  auto compound = feedback;
  compound.insert(compound.end(), nack.begin(), nack.end());
  auto forged = protect(feedback);
  forged.back() ^= 1;
  Bytes rtp(200, 0x80);
  for (const auto &packet : {protect(nack), protect(compound), forged, rtp, Bytes{0x8f, 205},
                             Bytes(2000, 0x8f), protect(feedback, "hmac-sha1-32")})
    receive(packet);
  EXPECT_EQ(passed_, 8);
  EXPECT_TRUE(told_.empty());
}

// With the keys of a connection: reports come to its srtpdec, feedback does not.
TEST_F(Call, FeedbackIsTakenEarly) {
  struct Counts {
    Ref<GstElement> webrtcbin;
    std::atomic<int> reports{0}, feedback{0};
  } counts;
  Pipeline door(peer("door", std::string(picture) + sees));
  Pipeline desk(peer("desk", std::string(picture) + sees, "peer=door"));
  Counter seen(desk, "eye");
  const auto started = [](GstElement *, const char *, const char *, GstElement *webrtcbin,
                          Counts *self) { self->webrtcbin = share(webrtcbin); };
  g_signal_connect(
      desk.element("p").get(), "session-started",
      G_CALLBACK(
          static_cast<void (*)(GstElement *, const char *, const char *, GstElement *, Counts *)>(
              started)),
      &counts);
  door.play();
  wait_ready(door);
  desk.play();
  ASSERT_TRUE(seen.advances());
  const auto srtpdec = find_element(counts.webrtcbin.get(), "srtpdec");
  ASSERT_TRUE(srtpdec);
  // RTP and RTCP come together.
  const auto pad = adopt(gst_element_get_static_pad(srtpdec.get(), "rtp_sink"));
  PadProbe probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, [&](GstPadProbeInfo *info) {
    uint8_t head[2] = {};
    gst_buffer_extract(GST_PAD_PROBE_INFO_BUFFER(info), 0, head, 2);
    if (head[1] == 200 || head[1] == 201) counts.reports++;
    if ((head[0] & 0x1f) == 15 && head[1] == 205) counts.feedback++;
  });
  EXPECT_TRUE(eventually([&] { return counts.reports >= 2; }));
  EXPECT_TRUE(eventually([&] { return knows_its_path(desk); })) << "there was feedback";
  EXPECT_EQ(counts.feedback, 0);
  desk.stop();
  counts.webrtcbin.reset();
}
