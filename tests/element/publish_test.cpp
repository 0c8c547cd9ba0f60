// rtcsink with rtcsrc as its viewer, through a real server on loopback.

#include <atomic>

#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Viewer = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

class Publish : public ElementTest {};

TEST_F(Publish, VideoAndAudioArrive) {
  Sink publisher;
  Viewer viewer(publisher.uri());
  Counter video(viewer, "video"), audio(viewer, "audio");
  viewer.play();
  EXPECT_TRUE(video.advances(30));
  EXPECT_TRUE(audio.advances(50));
  EXPECT_EQ(publisher.number("rtcsink", "viewers"), 1u);
  EXPECT_EQ(publisher.error(), "");
  EXPECT_EQ(viewer.error(), "");
}

TEST_F(Publish, TenViewersShareOneEncoder) {
  Sink publisher(Sink::test_video);
  std::atomic<int> encoders{0};
  g_signal_connect(
      publisher.element("rtcsink").get(), "encoder-setup",
      G_CALLBACK(+[](GstElement *, const char *, GstElement *, std::atomic<int> *n) { (*n)++; }),
      &encoders);
  std::vector<std::unique_ptr<Viewer>> viewers;
  std::vector<std::unique_ptr<Counter>> counters;
  for (int i = 0; i < 10; i++) {
    viewers.push_back(std::make_unique<Viewer>(publisher.uri(), Viewer::video_only));
    counters.push_back(std::make_unique<Counter>(*viewers.back(), "video"));
    viewers.back()->play();
  }
  for (auto &counter : counters) EXPECT_TRUE(counter->advances(15));
  EXPECT_EQ(publisher.number("rtcsink", "viewers"), 10u);
  EXPECT_EQ(encoders, 1);
  EXPECT_TRUE(publisher.has_groups(1));
  counters.clear();
}

TEST_F(Publish, GroupsEndAfterTheLastViewer) {
  Sink publisher(Sink::test_video, "linger=0");
  {
    Viewer viewer(publisher.uri(), Viewer::video_only);
    Counter video(viewer, "video");
    viewer.play();
    EXPECT_TRUE(video.advances());
    EXPECT_TRUE(publisher.has_groups(1));
  }
  EXPECT_TRUE(publisher.wait_message("rtc-viewer-removed"));
  EXPECT_TRUE(publisher.has_groups(0));
  EXPECT_EQ(publisher.number("rtcsink", "viewers"), 0u);
}

TEST_F(Publish, OneViewersEndIsNothingToAnother) {
  Sink publisher(Sink::test_video);
  Viewer stays(publisher.uri(), Viewer::video_only);
  Counter frames(stays, "video");
  stays.play();
  EXPECT_TRUE(frames.advances(10));
  for (int i = 0; i < 3; i++) {
    Viewer leaves(publisher.uri(), Viewer::video_only);
    Counter seen(leaves, "video");
    leaves.play();
    EXPECT_TRUE(seen.advances(5));
  }
  EXPECT_TRUE(frames.advances(10));
  EXPECT_LT(frames.largest_gap(), std::chrono::nanoseconds(deadline / 20).count());
}

TEST_F(Publish, LimitsAndRefusesViewers) {
  Sink publisher(Sink::test_video, "max-viewers=1");
  Viewer first(publisher.uri(), Viewer::video_only);
  Counter frames(first, "video");
  first.play();
  EXPECT_TRUE(frames.advances());
  Viewer second(publisher.uri(), Viewer::video_only);
  second.play();
  EXPECT_NE(second.wait_error().find("limit of 1"), std::string::npos) << second.error();

  g_signal_connect(publisher.element("rtcsink").get(), "accept-viewer",
                   G_CALLBACK(+[](GstElement *, const char *, const char *, gpointer) -> gboolean {
                     return FALSE;
                   }),
                   nullptr);
  first.stop();
  EXPECT_TRUE(publisher.wait_message("rtc-viewer-removed"));
  Viewer third(publisher.uri(), Viewer::video_only);
  third.play();
  EXPECT_NE(third.wait_error().find("does not accept"), std::string::npos) << third.error();
}

TEST_F(Publish, AViewerMaySayWhatItTakes) {
  Sink publisher(Sink::test_video, "video-bitrate=800000");
  Viewer viewer(publisher.uri(), Viewer::video_only, "stream=film max-bitrate=210000");
  Counter video(viewer, "video");
  viewer.play();
  EXPECT_TRUE(video.advances());
  EXPECT_TRUE(eventually([&] { return publisher.bitrate() <= 200000; })) << publisher.bitrate();
  EXPECT_TRUE(video.advances(15));
}

TEST_F(Publish, ViewersCanBeDisconnected) {
  Sink publisher(Sink::test_video);
  Viewer viewer(publisher.uri(), Viewer::video_only);
  Counter frames(viewer, "video");
  viewer.play();
  EXPECT_TRUE(frames.advances());
  gboolean done = FALSE;
  const auto session = publisher.field("rtc-viewer-added", "session");
  g_signal_emit_by_name(publisher.element("rtcsink").get(), "disconnect-viewer", session.c_str(),
                        &done);
  EXPECT_TRUE(done);
  EXPECT_TRUE(viewer.wait_eos());
  g_signal_emit_by_name(publisher.element("rtcsink").get(), "disconnect-viewer", session.c_str(),
                        &done);
  EXPECT_FALSE(done);
}

TEST_F(Publish, EndOfStreamEndsTheSessions) {
  Sink publisher(
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 "
      "! rtcsink.video_0 "
      "audiotestsrc is-live=true ! rtcsink.audio_0");
  Viewer viewer(publisher.uri());
  Counter video(viewer, "video");
  viewer.play();
  EXPECT_TRUE(video.advances());
  gst_element_send_event(publisher.get(), gst_event_new_eos());
  EXPECT_TRUE(publisher.wait_eos());
  EXPECT_TRUE(viewer.wait_eos());
  EXPECT_EQ(publisher.number("rtcsink", "viewers"), 0u);
  EXPECT_EQ(viewer.error(), "");
}

TEST_F(Publish, PlaysAgainAfterReady) {
  Sink publisher(Sink::test_video);
  for (int run = 0; run < 3; run++) {
    const auto url = publisher.field("rtc-ready", "url", static_cast<size_t>(run));
    Viewer viewer("ws" + url.substr(4), Viewer::video_only);
    Counter frames(viewer, "video");
    viewer.play();
    EXPECT_TRUE(frames.advances()) << "run " << run;
    viewer.stop();
    publisher.set_state(GST_STATE_READY);
    publisher.play();
  }
}

TEST_F(Publish, SizeMayChangeWhilePlaying) {
  Sink publisher(
      "videotestsrc is-live=true ! videoscale ! capsfilter name=size "
      "caps=video/x-raw,width=320,height=240,framerate=30/1 "
      "! rtcsink.video_0");
  Viewer viewer(publisher.uri(), "r.video_0 ! video/x-raw ! fakesink name=video sync=false");
  Counter frames(viewer, "video");
  viewer.play();
  EXPECT_TRUE(frames.advances());
  const auto caps = adopt(gst_caps_from_string("video/x-raw,width=640,height=480,framerate=30/1"));
  g_object_set(publisher.element("size").get(), "caps", caps.get(), nullptr);
  const auto width = [&] {
    const auto pad = adopt(gst_element_get_static_pad(viewer.element("video").get(), "sink"));
    const auto now = adopt(gst_pad_get_current_caps(pad.get()));
    int value = 0;
    if (now) gst_structure_get_int(gst_caps_get_structure(now.get(), 0), "width", &value);
    return value;
  };
  EXPECT_TRUE(eventually([&] { return width() == 640; }));
  EXPECT_TRUE(frames.advances());
  EXPECT_EQ(publisher.error(), "");
}

TEST_F(Publish, PadsMayComeAndGoWhilePlaying) {
  Sink publisher(Sink::test_video);
  Viewer viewer(publisher.uri(), Viewer::video_only);
  Counter frames(viewer, "video");
  viewer.play();
  EXPECT_TRUE(frames.advances());

  const auto sink_element = publisher.element("rtcsink");
  const auto source = share(gst_element_factory_make("audiotestsrc", "late"));
  g_object_set(source.get(), "is-live", TRUE, nullptr);
  gst_bin_add(GST_BIN(publisher.get()), source.get());
  const auto pad = adopt(gst_element_request_pad_simple(sink_element.get(), "audio_%u"));
  const auto source_pad = adopt(gst_element_get_static_pad(source.get(), "src"));
  EXPECT_EQ(gst_pad_link(source_pad.get(), pad.get()), GST_PAD_LINK_OK);
  gst_element_sync_state_with_parent(source.get());
  const auto has_audio = [&] {
    const auto audio = adopt(gst_element_get_static_pad(viewer.element("r").get(), "audio_0"));
    return bool(audio);
  };
  EXPECT_TRUE(eventually(has_audio));
  EXPECT_TRUE(frames.advances());

  gst_element_set_state(source.get(), GST_STATE_NULL);
  gst_pad_unlink(source_pad.get(), pad.get());
  gst_element_release_request_pad(sink_element.get(), pad.get());
  gst_bin_remove(GST_BIN(publisher.get()), source.get());
  EXPECT_TRUE(frames.advances(30));
  EXPECT_EQ(publisher.error(), "");
  EXPECT_EQ(viewer.error(), "");
}

TEST_F(Publish, EncodedMediaPassesThroughUntouched) {
  Sink publisher(
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 ! vp8enc "
      "deadline=1 keyframe-max-dist=90 "
      "! rtcsink.video_0");
  Viewer viewer(publisher.uri(), Viewer::video_only);
  Counter frames(viewer, "video");
  viewer.play();
  EXPECT_TRUE(frames.advances(30));
  EXPECT_GE(frames.keyframes(), 1u);
  ASSERT_TRUE(publisher.has_groups(1));
  const auto stats = publisher.stats("rtcsink");
  const auto *group = gst_value_get_structure(
      gst_value_array_get_value(gst_structure_get_value(stats.get(), "groups"), 0));
  EXPECT_STREQ(gst_structure_get_string(group, "encoder"), "");
  EXPECT_STREQ(gst_structure_get_string(group, "codec"), "VP8");
}

TEST_F(Publish, TheFirstViewerOfEncodedMediaSeesAPictureAtOnce) {
  // One keyframe at the beginning, none later: an encoder that does not listen, as a file does not.
  Sink publisher(
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 ! vp8enc "
      "deadline=1 "
      "keyframe-max-dist=100000 ! identity name=deaf ! rtcsink.video_0");
  const auto deaf = adopt(gst_element_get_static_pad(publisher.element("deaf").get(), "src"));
  gst_pad_add_probe(
      deaf.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      [](GstPad *, GstPadProbeInfo *, gpointer) { return GST_PAD_PROBE_DROP; }, nullptr, nullptr);
  Counter sent(publisher, "deaf");
  ASSERT_TRUE(sent.advances(60));
  Viewer viewer(publisher.uri(), Viewer::video_only);
  Counter frames(viewer, "video");
  viewer.play();
  EXPECT_TRUE(frames.advances(90));
  EXPECT_LE(sent.keyframes(), 1u);
}

TEST_F(Publish, AnEncoderThatFailsEndsTheViewerAndNotThePipeline) {
  Sink publisher(Sink::test_video);
  // No encoder takes such a picture.
  g_signal_connect(publisher.element("rtcsink").get(), "encoder-setup",
                   G_CALLBACK(+[](GstElement *, const char *, GstElement *encoder, gpointer) {
                     const auto bin = adopt(GST_BIN(gst_object_get_parent(GST_OBJECT(encoder))));
                     const auto payloader = adopt(gst_bin_get_by_name(bin.get(), "payloader"));
                     gst_element_unlink(encoder, payloader.get());
                   }),
                   nullptr);
  Viewer viewer(publisher.uri(), Viewer::video_only);
  viewer.play();
  EXPECT_TRUE(publisher.wait_message("rtc-viewer-removed"));
  EXPECT_FALSE(publisher.warnings().empty());
  EXPECT_EQ(publisher.error(), "");
}

TEST_F(Publish, H264IsChosenWhenTheViewerWantsIt) {
  const auto encoder = adopt(gst_element_factory_find("x264enc"));
  if (!encoder) GTEST_SKIP() << "x264enc is not installed";
  Sink publisher(Sink::test_video);
  Viewer viewer(publisher.uri(), "r.video_0 ! video/x-h264 ! fakesink name=video sync=false",
                "stream=film video-codecs=H264");
  Counter frames(viewer, "video");
  viewer.play();
  EXPECT_TRUE(frames.advances(30));
}

TEST_F(Publish, SeekingThePipelineKeepsTheViewers) {
  Sink publisher(
      "videotestsrc num-buffers=3000 ! video/x-raw,width=320,height=240,framerate=30/1 ! "
      "rtcsink.video_0");
  Viewer viewer(publisher.uri(), Viewer::video_only);
  Counter frames(viewer, "video");
  viewer.play();
  EXPECT_TRUE(frames.advances(10));
  const auto before = frames.last_pts();
  EXPECT_TRUE(gst_element_seek_simple(publisher.get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                      10 * GST_SECOND));
  EXPECT_TRUE(frames.advances(30));
  EXPECT_GT(frames.last_pts(), before);
  EXPECT_LT(frames.largest_gap(), 5 * GST_SECOND);
}
