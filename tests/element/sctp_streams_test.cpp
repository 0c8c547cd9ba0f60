// Streams that are closed and opened again while packets come.

#include "session/sctp_streams.hpp"

#include <atomic>
#include <future>
#include <mutex>

#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

constexpr auto long_enough = std::chrono::milliseconds(200);  // to see that something waits

// Two ends of an association, and what watches over the streams of the first.
class Association {
 public:
  Association()
      : pipeline_(
            "sctpenc name=out sctp-association-id=1 remote-sctp-port=5000 use-sock-stream=true ! "
            "queue ! "
            "sctpdec sctp-association-id=2 local-sctp-port=5000 "
            "sctpenc name=peer sctp-association-id=2 remote-sctp-port=5000 use-sock-stream=true ! "
            "queue ! "
            "sctpdec name=in sctp-association-id=1 local-sctp-port=5000"),
        encoder_(pipeline_.element("out")),
        peer_(pipeline_.element("peer")),
        decoder_(pipeline_.element("in")) {
    for (auto *element : {encoder_.get(), decoder_.get()}) SctpStreams::watch(element, streams_);
    for (auto *element : {encoder_.get(), peer_.get()})
      g_signal_connect(element, "sctp-association-established",
                       G_CALLBACK(+[](GstElement *, gboolean, std::atomic<int> *up) { ++*up; }),
                       &up_);
    g_signal_connect(decoder_.get(), "pad-added", G_CALLBACK(swallow), this);
    g_signal_connect(decoder_.get(), "pad-removed", G_CALLBACK(dwell), this);
    pipeline_.play();
  }
  ~Association() {
    streams_->stop();
    streams_->settle();
  }
  bool up() {
    return eventually([this] { return up_ == 2; });
  }
  Ref<GstPad> open(unsigned stream) { return open(encoder_.get(), stream); }
  void close(GstPad *stream) { gst_element_release_request_pad(encoder_.get(), stream); }
  // The peer says something on a stream, whereupon the decoder makes a pad.
  Ref<GstPad> peer_speaks(unsigned stream) {
    auto pad = open(peer_.get(), stream);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_BYTES);
    gst_pad_send_event(pad.get(), gst_event_new_stream_start("peer"));
    gst_pad_send_event(pad.get(), gst_event_new_segment(&segment));
    gst_pad_chain(pad.get(), gst_buffer_new_memdup("x", 1));
    return pad;
  }
  void peer_closes(GstPad *stream) { gst_element_release_request_pad(peer_.get(), stream); }
  bool peer_opens_and_closes(unsigned stream) {
    const auto pad = peer_speaks(stream);
    if (!eventually([&] { return has_pad(stream); })) return false;
    gst_element_release_request_pad(peer_.get(), pad.get());
    return eventually([&] { return handled > 0; });
  }
  bool has_pad(unsigned stream) const {
    return bool(adopt(gst_element_get_static_pad(decoder_.get(), named("src", stream).c_str())));
  }
  Ref<GstPad> packets() { return adopt(gst_element_get_static_pad(decoder_.get(), "sink")); }
  const std::shared_ptr<SctpStreams> &streams() { return streams_; }

  // A packet with the reset of a stream is being handled as long as a test holds this.
  std::mutex handling;
  std::atomic<int> handled = 0;
  // Nothing is taken from a stream while a test holds this.
  std::mutex taking;
  std::atomic<int> heard = 0;

 private:
  static std::string named(const char *kind, unsigned stream) {
    return std::string(kind) + "_" + std::to_string(stream);
  }
  static Ref<GstPad> open(GstElement *encoder, unsigned stream) {
    return adopt(gst_element_request_pad_simple(encoder, named("sink", stream).c_str()));
  }
  static void dwell(GstElement *, GstPad *, Association *self) {
    ++self->handled;
    std::lock_guard lock(self->handling);
  }
  static void swallow(GstElement *decoder, GstPad *pad, Association *self) {
    gst_pad_add_probe(
        pad, GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad *, GstPadProbeInfo *, gpointer data) {
          auto *association = static_cast<Association *>(data);
          std::lock_guard lock(association->taking);
          ++association->heard;
          return GST_PAD_PROBE_OK;
        },
        self, nullptr);
    auto *end = gst_element_factory_make("fakesink", nullptr);
    g_object_set(end, "sync", FALSE, "async", FALSE, nullptr);
    const auto bin = adopt(gst_element_get_parent(decoder));
    gst_bin_add(GST_BIN(bin.get()), end);
    gst_element_sync_state_with_parent(end);
    const auto there = adopt(gst_element_get_static_pad(end, "sink"));
    gst_pad_link(pad, there.get());
  }

  const std::shared_ptr<SctpStreams> streams_ = std::make_shared<SctpStreams>();
  std::atomic<int> up_ = 0;
  Pipeline pipeline_;
  Ref<GstElement> encoder_, peer_, decoder_;
};

// DATA_CHANNEL_OPEN; SCTP drops it for its checksum.
GstBuffer *opening(uint8_t stream) {
  const uint8_t bytes[] = {0x13, 0x88, 0x13, 0x88, 0, 0, 0, 0,      0, 0, 0, 0, 0, 3,
                           0,    28,   0,    0,    0, 1, 0, stream, 0, 0, 0, 0, 0, 50,
                           3,    0,    0,    0,    0, 0, 0, 0,      0, 0, 0, 0};
  return gst_buffer_new_memdup(bytes, sizeof bytes);
}

// A channel of some webrtcbin.
class Channel {
 public:
  explicit Channel(int id) {
    gst_element_set_state(webrtcbin_.get(), GST_STATE_READY);
    auto *options = gst_structure_new("options", "negotiated", G_TYPE_BOOLEAN, TRUE, "id",
                                      G_TYPE_INT, id, nullptr);
    GstWebRTCDataChannel *channel = nullptr;
    g_signal_emit_by_name(webrtcbin_.get(), "create-data-channel", "", options, &channel);
    gst_structure_free(options);
    channel_ = adopt(channel);
  }
  ~Channel() { gst_element_set_state(webrtcbin_.get(), GST_STATE_NULL); }
  GstWebRTCDataChannel *get() { return channel_.get(); }
  void is_closed() { g_signal_emit_by_name(channel_.get(), "on-close"); }

 private:
  Ref<GstElement> webrtcbin_ = sink(gst_element_factory_make("webrtcbin", nullptr));
  Ref<GstWebRTCDataChannel> channel_;
};

class SctpStreamsTest : public ElementTest {
 protected:
  void SetUp() override { ASSERT_TRUE(association.up()); }
  std::future<void> later(std::function<void()> call) {
    return std::async(std::launch::async, std::move(call));
  }
  bool waits(std::future<void> &call) {
    return call.wait_for(long_enough) == std::future_status::timeout;
  }
  bool goes_on(std::future<void> &call) {
    return call.wait_for(deadline) == std::future_status::ready;
  }
  std::future<void> receive(uint8_t stream) {
    return later([this, stream] { gst_pad_chain(association.packets().get(), opening(stream)); });
  }
  Association association;
};

}  // namespace

TEST_F(SctpStreamsTest, IsResetBetweenPackets) {
  const auto stream = association.open(1);
  ASSERT_TRUE(stream);
  std::unique_lock handling(association.handling);
  ASSERT_TRUE(association.peer_opens_and_closes(3));
  auto closed = later([&] { association.close(stream.get()); });
  EXPECT_TRUE(waits(closed));
  handling.unlock();
  EXPECT_TRUE(goes_on(closed));
}

TEST_F(SctpStreamsTest, IsOpenedAnewWhenTheFormerChannelIsGone) {
  Channel former(1);
  SctpStreams::add(former.get(), association.streams());
  ASSERT_TRUE(association.peer_opens_and_closes(1));
  auto other = receive(3);
  EXPECT_TRUE(goes_on(other));
  auto again = receive(1);
  EXPECT_TRUE(waits(again));
  // Nothing that goes out waits with it.
  const auto ours = association.open(5);
  ASSERT_TRUE(ours);
  auto closed = later([&] { association.close(ours.get()); });
  EXPECT_TRUE(goes_on(closed));
  former.is_closed();
  EXPECT_TRUE(goes_on(again));
}

TEST_F(SctpStreamsTest, IsNotWaitedForWhereTheFormerChannelStays) {
  ASSERT_TRUE(association.peer_opens_and_closes(1));
  auto again = receive(1);
  EXPECT_TRUE(goes_on(again));
}

TEST_F(SctpStreamsTest, IsNotWaitedForAtTheEnd) {
  ASSERT_TRUE(association.peer_opens_and_closes(1));
  auto again = receive(1);
  association.streams()->stop();
  EXPECT_TRUE(goes_on(again));
}

TEST_F(SctpStreamsTest, IsNotMadeAtTheEnd) {
  std::unique_lock handling(association.handling);
  ASSERT_TRUE(association.peer_opens_and_closes(1));
  association.streams()->stop();
  auto settled = later([&] { association.streams()->settle(); });
  EXPECT_TRUE(waits(settled));
  auto next = receive(3);
  handling.unlock();
  EXPECT_TRUE(goes_on(settled));
  EXPECT_TRUE(goes_on(next));
  std::atomic<int> packets = 0;
  PadProbe probe(association.packets().get(), GST_PAD_PROBE_TYPE_BUFFER,
                 [&](GstPadProbeInfo *) { ++packets; });
  association.peer_speaks(5);
  // The second one comes when the first has been dealt with.
  EXPECT_TRUE(eventually([&] { return packets >= 2; }));
  EXPECT_FALSE(association.has_pad(5));
}

TEST_F(SctpStreamsTest, LosesNothingThatWasSaidBeforeItWasReset) {
  std::atomic<bool> reset = false;
  PadProbe probe(association.packets().get(), GST_PAD_PROBE_TYPE_BUFFER,
                 [&](GstPadProbeInfo *info) {
                   GstMapInfo map;
                   auto *packet = GST_PAD_PROBE_INFO_BUFFER(info);
                   gst_buffer_map(packet, &map, GST_MAP_READ);
                   if (!reset_streams({map.data, map.size}).empty()) reset = true;
                   gst_buffer_unmap(packet, &map);
                   Changes::get().change();
                 });
  // Again where this thread itself took so long that the wait was given up.
  std::chrono::steady_clock::duration took{};
  unsigned stream = 1;
  do {
    reset = false;
    association.heard = association.handled = 0;
    std::unique_lock taking(association.taking);
    const auto pad = association.peer_speaks(stream);
    gst_pad_chain(pad.get(), gst_buffer_new_memdup("y", 1));
    const auto from = std::chrono::steady_clock::now();
    association.peer_closes(pad.get());
    ASSERT_TRUE(eventually([&] { return reset.load(); }));
    // Whoever does not wait for it has thrown the second message away by now.
    eventually([] { return false; }, std::chrono::milliseconds(20));
    taking.unlock();
    took = std::chrono::steady_clock::now() - from;
    ASSERT_TRUE(eventually([&] { return association.handled == 1; }));
    stream += 2;
  } while (took > std::chrono::milliseconds(200) && stream < 20);
  EXPECT_EQ(association.heard, 2);
}
