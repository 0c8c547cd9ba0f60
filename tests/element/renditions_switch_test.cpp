// Renditions from rtcsink to rtcsrc, through a real server on loopback: what viewers get, and what
// the application makes of it.
#include <gst/rtp/gstrtpbuffer.h>

#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Viewer = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {

constexpr auto video =
    "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1 ! "
    "rtcsink.video_0 ";
constexpr auto two_sizes = "renditions=320x240@300k,160x120@100k ";

class RenditionsSwitch : public ElementTest {};

bool emit(const Sink &sink, const char *signal, const std::string &session, const char *rendition) {
  gboolean done = FALSE;
  g_signal_emit_by_name(sink.element("rtcsink").get(), signal, session.c_str(), "video_0",
                        rendition, &done);
  return done;
}

bool emit(const Sink &sink, const char *signal, const std::string &session) {
  gboolean done = FALSE;
  g_signal_emit_by_name(sink.element("rtcsink").get(), signal, session.c_str(), &done);
  return done;
}

// A field of the first session's track in the statistics.
std::string track_field(const Sink &sink, const std::string &session, const char *field) {
  GstStructure *stats = nullptr;
  g_object_get(sink.element("rtcsink").get(), "stats", &stats, nullptr);
  const StructurePtr owned(stats);
  const GstStructure *at = stats;
  for (const std::string &name :
       {std::string("sessions"), session, std::string("tracks"), std::string("video_0")}) {
    const auto *value = gst_structure_get_value(at, name.c_str());
    if (!value) return "";
    at = gst_value_get_structure(value);
  }
  const auto *value = gst_structure_get_value(at, field);
  if (!value) return "";
  if (G_VALUE_HOLDS_STRING(value)) return g_value_get_string(value);
  const CharPtr text(gst_value_serialize(value));
  return text.get();
}

int height_of(const Viewer &viewer) {
  const auto pad = adopt(gst_element_get_static_pad(viewer.element("video").get(), "sink"));
  const auto caps = adopt(gst_pad_get_current_caps(pad.get()));
  int height = 0;
  if (caps) gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "height", &height);
  return height;
}

// The packets that come to a depayloader: whether they are one stream.
class Packets {
 public:
  Packets(const Viewer &viewer, const char *element)
      : probe_(viewer.pad(element).get(), GST_PAD_PROBE_TYPE_BUFFER,
               [this](GstPadProbeInfo *info) { look(GST_PAD_PROBE_INFO_BUFFER(info)); }) {}

  std::atomic<unsigned> frames{0}, jumps{0}, backwards{0};

 private:
  void look(GstBuffer *packet) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    if (!gst_rtp_buffer_map(packet, GST_MAP_READ, &rtp)) return;
    const auto sequence = gst_rtp_buffer_get_seq(&rtp);
    const auto timestamp = gst_rtp_buffer_get_timestamp(&rtp);
    frames += gst_rtp_buffer_get_marker(&rtp);
    gst_rtp_buffer_unmap(&rtp);
    if (std::exchange(any_, true)) {
      jumps += static_cast<guint16>(sequence - sequence_) != 1;
      backwards += static_cast<gint32>(timestamp - timestamp_) < 0;
    }
    sequence_ = sequence;
    timestamp_ = timestamp;
  }

  bool any_ = false;
  guint16 sequence_ = 0;
  guint32 timestamp_ = 0;
  PadProbe probe_;
};

}  // namespace

namespace {

// Each takes a new encoder, which the sanitizers make ten times as slow.
#ifdef __SANITIZE_ADDRESS__
constexpr size_t many = 40;
#else
constexpr size_t many = 200;
#endif

// So many changes in a row, with a receiver that decodes everything.
void switch_and_decode(size_t switches, const std::string &properties,
                       const std::string &decoder = "rtpvp8depay name=depay ! vp8dec",
                       const std::string &wanted = "") {
  Sink publisher(video, two_sizes + properties);
  Viewer viewer(publisher.uri(),
                "r.video_0 ! application/x-rtp ! " + decoder + " ! fakesink name=video sync=false",
                "stream=film " + wanted);
  Packets packets(viewer, "depay");
  Counter decoded(viewer, "video");
  viewer.play();
  ASSERT_TRUE(decoded.advances(10));
  const auto session = publisher.field("rtc-viewer-added", "session");
  for (size_t i = 0; i < switches; i++) {
    const bool down = i % 2 == 0;
    ASSERT_TRUE(emit(publisher, "set-viewer-rendition", session, down ? "160x120" : "320x240"));
    ASSERT_TRUE(publisher.wait_message("rtc-rendition", i + 1)) << "switch " << i;
    ASSERT_TRUE(eventually([&] { return height_of(viewer) == (down ? 120 : 240); })) << i;
  }
  ASSERT_TRUE(decoded.advances(10));
  EXPECT_EQ(packets.jumps, 0u);
  EXPECT_EQ(packets.backwards, 0u);
  EXPECT_TRUE(viewer.warnings().empty());
  EXPECT_EQ(viewer.error(), "");
  EXPECT_EQ(publisher.error(), "");
  // Nothing that was received was left out by the decoder, but what is on its way.
  EXPECT_TRUE(eventually([&] { return decoded.count() + 3 >= packets.frames; }));
  EXPECT_EQ(track_field(publisher, session, "switches"), std::to_string(switches));
}

}  // namespace

TEST_F(RenditionsSwitch, ManyInARowDecodeWithoutAnError) {
  switch_and_decode(many, "linger=0");  // a new encoder each time
}

TEST_F(RenditionsSwitch, BetweenEncodersThatRun) { switch_and_decode(20, "linger=60000"); }

TEST_F(RenditionsSwitch, OtherCodecsDecode) {
  const struct {
    const char *codec, *encoder, *depayloader, *decoder;
  } rows[] = {{"VP9", "vp9enc", "rtpvp9depay", "vp9dec"},
              {"H264", "x264enc", "rtph264depay", "avdec_h264"}};
  for (const auto &row : rows) {
    const auto encoder = adopt(gst_element_factory_find(row.encoder));
    const auto decoder = adopt(gst_element_factory_find(row.decoder));
    if (!encoder || !decoder) continue;
    SCOPED_TRACE(row.codec);
    switch_and_decode(20, std::string("linger=0 video-codecs=") + row.codec,
                      std::string(row.depayloader) + " name=depay ! " + row.decoder,
                      std::string("video-codecs=") + row.codec);
  }
}

TEST_F(RenditionsSwitch, ThePadHasItsOwn) {
  Sink publisher(video, "video_0::renditions=160x120@90k renditions=320x240");
  Viewer viewer(publisher.uri(), Viewer::video_only);
  Counter frames(viewer, "video");
  viewer.play();
  ASSERT_TRUE(frames.advances());
  const auto session = publisher.field("rtc-viewer-added", "session");
  EXPECT_EQ(track_field(publisher, session, "rendition"), "160x120@90k");
}

TEST_F(RenditionsSwitch, BadTextIsAnErrorWithARemedy) {
  for (const char *properties : {"renditions=720p", "video_0::renditions=720p"}) {
    Pipeline publisher(std::string("rtcsink name=rtcsink listen=127.0.0.1:0 ") + properties + " " +
                       video);
    publisher.play();
    EXPECT_NE(publisher.wait_error().find("WIDTHxHEIGHT"), std::string::npos) << publisher.error();
  }
}

TEST_F(RenditionsSwitch, TheApplicationChoosesAndLimits) {
  Sink publisher(video, std::string(two_sizes) + "congestion-control=none");
  Viewer viewer(publisher.uri(), "r.video_0 ! video/x-raw ! fakesink name=video sync=false");
  Counter frames(viewer, "video");
  viewer.play();
  ASSERT_TRUE(frames.advances());
  const auto session = publisher.field("rtc-viewer-added", "session");
  EXPECT_EQ(track_field(publisher, session, "rendition"), "320x240@300k");

  EXPECT_TRUE(emit(publisher, "set-viewer-rendition", session, "160x120@100k"));
  EXPECT_TRUE(eventually([&] { return height_of(viewer) == 120; }));
  EXPECT_EQ(publisher.field("rtc-rendition", "session"), session);
  EXPECT_EQ(publisher.field("rtc-rendition", "pad"), "video_0");
  EXPECT_EQ(publisher.field("rtc-rendition", "rendition"), "160x120@100k");
  EXPECT_EQ(publisher.field("rtc-rendition", "reason"), "fixed by the application");
  EXPECT_TRUE(emit(publisher, "set-viewer-rendition", session, ""));
  EXPECT_TRUE(eventually([&] { return height_of(viewer) == 240; }));

  gboolean done = FALSE;
  g_signal_emit_by_name(publisher.element("rtcsink").get(), "set-viewer-limit", session.c_str(),
                        "video_0", 200u, 0u, &done);
  EXPECT_TRUE(done);
  EXPECT_TRUE(eventually([&] { return height_of(viewer) == 120; }));
  EXPECT_TRUE(publisher.warnings().empty());

  EXPECT_FALSE(emit(publisher, "set-viewer-rendition", session, "640x480"));
  EXPECT_FALSE(emit(publisher, "set-viewer-rendition", "nobody", "160x120"));
  EXPECT_FALSE(emit(publisher, "pause-viewer", "nobody"));
  const auto warnings = publisher.warnings();
  ASSERT_EQ(warnings.size(), 3u);
  EXPECT_NE(warnings[0].find("320x240@300k, 160x120@100k"), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[1].find("no session"), std::string::npos) << warnings[1];
}

TEST_F(RenditionsSwitch, APausedViewerCostsNothing) {
  Sink publisher(video, std::string(two_sizes) + "linger=0");
  Viewer viewer(publisher.uri(), Viewer::video_only);
  Counter frames(viewer, "video");
  viewer.play();
  ASSERT_TRUE(frames.advances());
  const auto session = publisher.field("rtc-viewer-added", "session");
  EXPECT_TRUE(emit(publisher, "pause-viewer", session));
  EXPECT_TRUE(eventually([&] { return publisher.groups() == 0; }));
  EXPECT_EQ(publisher.number("rtcsink", "viewers"), 1u);
  EXPECT_TRUE(emit(publisher, "resume-viewer", session));
  EXPECT_TRUE(frames.advances());
  EXPECT_EQ(viewer.error(), "");
}

TEST_F(RenditionsSwitch, WhatPassesThroughHasNone) {
  Sink publisher(
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 ! vp8enc "
      "deadline=1 keyframe-max-dist=30 ! rtcsink.video_0",
      two_sizes);
  Viewer viewer(publisher.uri(), Viewer::video_only);
  Counter frames(viewer, "video");
  viewer.play();
  ASSERT_TRUE(frames.advances());
  const auto session = publisher.field("rtc-viewer-added", "session");
  EXPECT_FALSE(emit(publisher, "set-viewer-rendition", session, "160x120"));
  EXPECT_EQ(track_field(publisher, session, "rendition"), "");
}
