// What makes up for GStreamer's SCTP elements when SCTP is full.

#include "session/sctp_elements.hpp"

#include <memory>

#include "base/find_element.hpp"
#include "data/sctp_packet.hpp"
#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {

constexpr auto full_after = std::chrono::milliseconds(500);  // without a buffer going in
constexpr auto flood =
    "fakesrc name=flood sizetype=fixed sizemax=16384 filltype=nothing ! application/octet-stream ! "
    "rtcsink.data_0 ";

GstBuffer *packet_with_window(uint32_t window) {
  const uint8_t bytes[] = {0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           0,
                           3,
                           0,
                           0,
                           16,
                           0,
                           0,
                           0,
                           7,
                           uint8_t(window >> 24),
                           uint8_t(window >> 16),
                           uint8_t(window >> 8),
                           uint8_t(window),
                           0,
                           0,
                           0,
                           0};
  return gst_buffer_new_memdup(bytes, sizeof bytes);
}

class SctpElements : public ElementTest {};

GstPadProbeReturn read_window(GstPad *, GstPadProbeInfo *info, gpointer data) {
  GstMapInfo map;
  gst_buffer_map(GST_PAD_PROBE_INFO_BUFFER(info), &map, GST_MAP_READ);
  *static_cast<uint32_t *>(data) = announced_window({map.data, map.size});
  gst_buffer_unmap(GST_PAD_PROBE_INFO_BUFFER(info), &map);
  return GST_PAD_PROBE_DROP;
}

// A pipeline remembers the webrtcbin of its rtcsrc.
void keep_connection(GstElement *, gchar *, gchar *, GstElement *webrtcbin, GstElement *pipeline) {
  g_object_set_data_full(G_OBJECT(pipeline), "webrtcbin", gst_object_ref(webrtcbin),
                         gst_object_unref);
}

// Nothing gets to the viewer any more.
void go_deaf(GstElement *pipeline) {
  auto *webrtcbin = GST_ELEMENT(g_object_get_data(G_OBJECT(pipeline), "webrtcbin"));
  for_each_element(webrtcbin, "nicesrc", [](GstElement *element) {
    const auto pad = adopt(gst_element_get_static_pad(element, "src"));
    gst_pad_add_probe(
        pad.get(), GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
        [](GstPad *, GstPadProbeInfo *, gpointer) { return GST_PAD_PROBE_DROP; }, nullptr, nullptr);
  });
  g_object_set_data(G_OBJECT(pipeline), "webrtcbin", nullptr);
}

}  // namespace

TEST_F(SctpElements, WindowsThatSctpCannotFillAreMadeSmaller) {
  const auto window = std::make_shared<SctpWindow>();
  const auto decoder = sink(gst_element_factory_make("sctpdec", nullptr));
  ASSERT_TRUE(decoder);
  SctpWindow::watch(decoder.get(), window);
  const auto pad = adopt(gst_element_get_static_pad(decoder.get(), "sink"));
  uint32_t seen = 0;
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, read_window, &seen, nullptr);
  gst_pad_set_active(pad.get(), TRUE);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_BYTES);
  gst_pad_send_event(pad.get(), gst_event_new_stream_start("test"));
  gst_pad_send_event(pad.get(), gst_event_new_segment(&segment));
  const auto announce = [&](uint32_t size) {
    gst_pad_chain(pad.get(), packet_with_window(size));
    return seen;
  };
  EXPECT_EQ(announce(100'000), 100'000u);
  // Of chunks as large as packets, less than the 512 that SCTP holds.
  EXPECT_LT(announce(5'000'000), 512u * (1200 + 256));
  EXPECT_GT(seen, 256u * (1200 + 256));
  gst_pad_set_active(pad.get(), FALSE);
}

// With the channel full, sctpenc's thread waits for room that never comes.
TEST_F(SctpElements, APublisherStopsWhoseViewerTakesNothing) {
  auto publisher = std::make_unique<Sink>(flood);
  Source viewer(publisher->uri(), "r.data_0 ! fakesink name=heard sync=false async=false");
  g_signal_connect(viewer.element("r").get(), "session-started", G_CALLBACK(keep_connection),
                   viewer.get());
  Counter heard(viewer, "heard");
  viewer.play();
  ASSERT_TRUE(heard.advances(1000));
  const auto sent = std::make_unique<Counter>(*publisher, "flood", "src");
  go_deaf(viewer.get());
  while (eventually([&, before = sent->count()] { return sent->count() > before; }, full_after)) {
  }
  const auto from = std::chrono::steady_clock::now();
  publisher.reset();
  // Who hangs is left behind after 10 s.
  EXPECT_LT(std::chrono::steady_clock::now() - from, std::chrono::seconds(8));
}
