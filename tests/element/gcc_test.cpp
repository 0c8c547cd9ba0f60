// rtcgcc: what it makes of feedback, and that packets pass it, paced or not.
#include <gst/check/gstharness.h>
#include <gst/rtp/rtp.h>

#include <thread>

#include "base/clock.hpp"
#include "support/feedback_event.hpp"
#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

constexpr auto rtp_caps = "application/x-rtp,media=video,payload=96,clock-rate=90000";

// An rtcgcc between two pads. Feedback for it is made up: packets of 1000 bytes every 5 ms, with a
// delay of its own for each.
class Gcc : public testing::Test {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }
  void SetUp() override { make(""); }
  void TearDown() override { gst_harness_teardown(harness_); }

  void make(const std::string &properties) {
    if (harness_) gst_harness_teardown(harness_);
    harness_ = gst_harness_new_parse(("rtcgcc name=gcc " + properties).c_str());
    gst_harness_set_src_caps_str(harness_, rtp_caps);
    gst_pad_set_event_function(harness_->srcpad,
                               [](GstPad *, GstObject *, GstEvent *event) -> gboolean {
                                 if (gst_event_has_name(event, "GstRTPRetransmissionRequest"))
                                   repeats++;
                                 gst_event_unref(event);
                                 return TRUE;
                               });
    repeats = 0;
  }
  Ref<GstElement> gcc() const {
    return GST_IS_BIN(harness_->element)
               ? adopt(gst_bin_get_by_name(GST_BIN(harness_->element), "gcc"))
               : share(harness_->element);
  }
  guint estimate() const {
    guint value = 0;
    g_object_get(gcc().get(), "estimated-bitrate", &value, nullptr);
    return value;
  }
  template <typename T>
  T stat(const char *field) const {
    GstStructure *stats = nullptr;
    g_object_get(gcc().get(), "stats", &stats, nullptr);
    const StructurePtr owned(stats);
    T value{};
    if (stats)
      gst_structure_get(stats, field, sizeof(T) == 8 ? G_TYPE_UINT64 : G_TYPE_UINT, &value,
                        nullptr);
    return value;
  }

  static Ref<GstBuffer> packet(guint16 sequence, guint size = 1000) {
    auto buffer = adopt(gst_rtp_buffer_new_allocate(size, 0, 0));
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(buffer.get(), GST_MAP_WRITE, &rtp);
    gst_rtp_buffer_set_seq(&rtp, sequence);
    gst_rtp_buffer_set_ssrc(&rtp, 77);
    gst_rtp_buffer_set_payload_type(&rtp, 96);
    gst_rtp_buffer_unmap(&rtp);
    return buffer;
  }
  GstFlowReturn push(guint16 sequence) {
    return gst_harness_push(harness_, packet(sequence).release());
  }
  static guint16 sequence_of(GstBuffer *buffer) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp);
    const auto sequence = gst_rtp_buffer_get_seq(&rtp);
    gst_rtp_buffer_unmap(&rtp);
    return sequence;
  }
  void send(GstStructure *structure) {
    gst_harness_push_upstream_event(harness_,
                                    gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, structure));
  }
  // One report of 20 packets; `delay` is that of the first, which `growth` is added to with each.
  void report(milliseconds delay, microseconds growth, bool lost = false) {
    FeedbackEvent event;
    const auto now = std::chrono::nanoseconds(Clock::now().time_since_epoch());
    for (int i = 0; i < 20; i++) {
      const auto sent = now - milliseconds(100 - 5 * i);
      const auto arrived = sent + delay + i * growth;
      event.add(next_++ & 0xffff, guint64(sent.count()), guint64(arrived.count()), lost);
    }
    send(event.structure().release());
  }
  // Reports, each for the packets since the one before, until `condition` holds.
  bool reports_until(microseconds growth, const std::function<bool()> &condition) {
    milliseconds delay(20);
    const auto end = Clock::now() + deadline;
    for (auto next = Clock::now(); Clock::now() < end && !condition(); next += milliseconds(100)) {
      eventually([&] { return Clock::now() >= next; });
      push(sequence_++);
      report(delay, growth);
      delay += duration_cast<milliseconds>(20 * growth);
    }
    return condition();
  }

  static inline std::atomic<int> repeats{0};
  GstHarness *harness_ = nullptr;
  unsigned next_ = 65000;
  guint16 sequence_ = 65530;
};

}  // namespace

TEST_F(Gcc, BeginsWithTheStartRateWithinTheLimits) {
  EXPECT_EQ(estimate(), 300000u);
  make("start-bitrate=50000 min-bitrate=400000");
  EXPECT_EQ(estimate(), 400000u);
  make("start-bitrate=900000 max-bitrate=600000");
  EXPECT_EQ(estimate(), 600000u);
}

TEST_F(Gcc, RisesOnAFreePathAndNotifies) {
  static std::atomic<int> notified;
  notified = 0;
  g_signal_connect(gcc().get(), "notify::estimated-bitrate",
                   G_CALLBACK(+[](GObject *, GParamSpec *, gpointer) { notified++; }), nullptr);
  EXPECT_TRUE(reports_until(microseconds(0), [&] { return estimate() > 400000; }));
  EXPECT_TRUE(eventually([] { return notified > 0; }));
}

TEST_F(Gcc, FallsWhenDelaysGrow) {
  make("start-bitrate=1600000");
  EXPECT_TRUE(reports_until(microseconds(2000), [&] { return estimate() < 1400000; }));
}

TEST_F(Gcc, StaysWithinLimitsThatChange) {
  EXPECT_TRUE(reports_until(microseconds(0), [&] { return estimate() > 350000; }));
  g_object_set(gcc().get(), "max-bitrate", 200000, nullptr);
  EXPECT_TRUE(reports_until(microseconds(0), [&] { return estimate() == 200000; }));
  g_object_set(gcc().get(), "max-bitrate", 900000, "min-bitrate", 800000, nullptr);
  EXPECT_TRUE(reports_until(microseconds(0), [&] { return estimate() >= 800000; }));
  EXPECT_LE(estimate(), 900000u);
}

TEST_F(Gcc, AsksForPacketsAgainToProbe) {
  EXPECT_EQ(push(1), GST_FLOW_OK);
  EXPECT_TRUE(eventually([&] { return repeats >= 3; }));
  EXPECT_TRUE(eventually([&] { return stat<guint>("probes") > 0; }));
}

TEST_F(Gcc, TakesHostileEvents) {
  for (const char *text :
       {"RTPTWCCPackets", "RTPTWCCPackets, packets=(int)3", "RTPTWCCPackets, packets=(string)x",
        "RTPTWCCPackets, packets=(int)<1,2>", "Other, packets=(int)1"})
    send(gst_structure_from_string(text, nullptr));
  FeedbackEvent event;
  GValue number = G_VALUE_INIT;
  g_value_init(&number, G_TYPE_INT);
  event.add(number);
  for (const char *text :
       {"P", "P, seqnum=(string)a, local-ts=(int)-1",
        "P, seqnum=(uint)4294967295, "
        "local-ts=(guint64)18446744073709551614, remote-ts=(guint64)18446744073709551614, "
        "size=(uint)4294967295, lost=(boolean)false",
        "P, seqnum=(uint)7, local-ts=(guint64)1, remote-ts=(guint64)9223372036854775807"})
    event.add(gst_structure_from_string(text, nullptr));
  send(event.structure().release());
  EXPECT_TRUE(reports_until(microseconds(0), [&] { return estimate() > 400000; }));
}

TEST_F(Gcc, PacketsAndListsPassInOrder) {
  for (const char *properties : {"pacing=false", "pacing=true"}) {
    make(properties);
    EXPECT_EQ(push(10), GST_FLOW_OK);
    auto *list = gst_buffer_list_new();
    for (guint16 i = 11; i < 20; i++) gst_buffer_list_add(list, packet(i).release());
    EXPECT_EQ(gst_pad_push_list(harness_->srcpad, list), GST_FLOW_OK);
    EXPECT_TRUE(gst_harness_push_event(harness_, gst_event_new_eos()));
    for (guint16 i = 10; i < 20; i++) {
      const auto got = adopt(gst_harness_pull(harness_));
      ASSERT_TRUE(got) << properties;
      EXPECT_EQ(sequence_of(got.get()), i) << properties;
    }
    bool ended = false;
    EXPECT_TRUE(eventually([&] {
      while (const auto event = adopt(gst_harness_try_pull_event(harness_)))
        ended |= GST_EVENT_TYPE(event.get()) == GST_EVENT_EOS;
      return ended;
    })) << properties;
    EXPECT_EQ(stat<guint64>("packets-sent"), 10u) << properties;
  }
}

// 40 packets of 1000 bytes would leave at 300 kbit/s in 1.07 s; they wait for 250 ms at most, and
// not for nothing.
TEST_F(Gcc, PacingSpreadsABurst) {
  make("pacing=true start-bitrate=300000 max-bitrate=300000");
  const auto begin = Clock::now();
  guint64 waiting = 0;
  for (guint16 i = 0; i < 40; i++) {
    EXPECT_EQ(push(i), GST_FLOW_OK);
    waiting = std::max(waiting, stat<guint64>("bytes-waiting"));
  }
  EXPECT_GT(waiting, 0u);
  for (guint16 i = 0; i < 40; i++) EXPECT_TRUE(adopt(gst_harness_pull(harness_)));
  EXPECT_GT(Clock::now() - begin, milliseconds(100));
  EXPECT_EQ(stat<guint64>("bytes-waiting"), 0u);
}

TEST_F(Gcc, FlushDropsWhatWaits) {
  make("pacing=true start-bitrate=10000 max-bitrate=10000");
  for (guint16 i = 0; i < 40; i++) push(i);
  EXPECT_TRUE(gst_harness_push_event(harness_, gst_event_new_flush_start()));
  EXPECT_EQ(stat<guint64>("bytes-waiting"), 0u);
  EXPECT_EQ(push(41), GST_FLOW_FLUSHING);
  EXPECT_TRUE(gst_harness_push_event(harness_, gst_event_new_flush_stop(TRUE)));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness_, gst_event_new_segment(&segment));
  while (const auto before = adopt(gst_harness_try_pull(harness_))) {
  }
  EXPECT_EQ(push(100), GST_FLOW_OK);
  const auto got = adopt(gst_harness_pull(harness_));
  ASSERT_TRUE(got);
  EXPECT_EQ(sequence_of(got.get()), 100);
}

// A push that waits for a place in the queue is released when the element is stopped.
TEST_F(Gcc, StopsWithAFullQueue) {
  make("pacing=true start-bitrate=1000 min-bitrate=1000 max-bitrate=1000");
  std::thread pusher([&] {
    while (push(0) == GST_FLOW_OK) {
    }
  });
  EXPECT_TRUE(eventually([&] { return stat<guint64>("bytes-waiting") > 3000000; }));
  gst_element_set_state(harness_->element, GST_STATE_NULL);
  pusher.join();
}

TEST_F(Gcc, StartsAnewEachTime) {
  for (int i = 0; i < 3; i++) {
    EXPECT_TRUE(reports_until(microseconds(0), [&] { return estimate() > 350000; })) << i;
    gst_element_set_state(harness_->element, GST_STATE_READY);
    EXPECT_EQ(estimate(), 300000u);
    report(milliseconds(20), microseconds(0));
    gst_element_set_state(harness_->element, GST_STATE_PLAYING);
    gst_harness_set_src_caps_str(harness_, rtp_caps);
    EXPECT_EQ(push(sequence_++), GST_FLOW_OK);
  }
}
