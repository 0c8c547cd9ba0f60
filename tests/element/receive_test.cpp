// rtcsrc: finding streams, their end and return, recordings, and what it says when something is
// wrong.

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {

class Receive : public ElementTest {
 protected:
  void SetUp() override {
    char name[] = "/tmp/rtc-receive-XXXXXX";
    folder_ = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string &name) const { return folder_ + "/" + name; }

  std::string folder_;
};

// Times at which a picture turns white or a tone begins.
struct Edges {
  std::mutex mutex;
  std::vector<GstClockTime> times;
  bool on = false;

  void level(bool high, GstClockTime time) {
    std::lock_guard lock(mutex);
    if (high && !on) times.push_back(time);
    on = high;
  }
  size_t count() {
    std::lock_guard lock(mutex);
    return times.size();
  }
};

void probe(const Pipeline &pipeline, const char *element, GstPadProbeCallback callback,
           void *data) {
  const auto pad = adopt(gst_element_get_static_pad(pipeline.element(element).get(), "sink"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, callback, data, nullptr);
}

// White for the first 100 ms of every second.
GstPadProbeReturn paint(GstPad *, GstPadProbeInfo *info, gpointer) {
  auto *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  info->data = buffer;
  const bool white = GST_BUFFER_PTS(buffer) % GST_SECOND < 100 * GST_MSECOND;
  gst_buffer_memset(buffer, 0, white ? 235 : 16, 320 * 240);
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn see(GstPad *, GstPadProbeInfo *info, gpointer data) {
  auto *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  guint8 luma[64];
  gst_buffer_extract(buffer, 320 * 120, luma, sizeof luma);
  static_cast<Edges *>(data)->level(luma[32] > 128, GST_BUFFER_PTS(buffer));
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn hear(GstPad *, GstPadProbeInfo *info, gpointer data) {
  auto *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  GstMapInfo map;
  gst_buffer_map(buffer, &map, GST_MAP_READ);
  const auto *samples = reinterpret_cast<const gint16 *>(map.data);
  const auto frames = map.size / 4;
  // In steps of a millisecond: loud when any sample of it is.
  for (size_t at = 0; at + 48 <= frames; at += 48) {
    bool loud = false;
    for (size_t i = 0; i < 48; i++) loud |= std::abs(samples[2 * (at + i)]) > 3000;
    static thread_local int quiet = 0;
    quiet = loud ? 0 : quiet + 1;
    static_cast<Edges *>(data)->level(quiet < 20, GST_BUFFER_PTS(buffer) + at * GST_SECOND / 48000);
  }
  gst_buffer_unmap(buffer, &map);
  return GST_PAD_PROBE_OK;
}

}  // namespace

TEST_F(Receive, WaitsForTheStreamToAppear) {
  Sink other(Sink::test_video, "");
  Source viewer(other.uri(), Source::video_only, "stream=later");
  Counter frames(viewer, "video");
  viewer.play();
  EXPECT_TRUE(viewer.wait_message("rtc-ready"));
  EXPECT_EQ(frames.count(), 0u);
  Pipeline later("rtcsink name=rtcsink uri=" + other.uri() + " stream=later " + Sink::test_video);
  later.play();
  EXPECT_TRUE(frames.advances());
}

TEST_F(Receive, ChoosesByNameAndTakesTheFirstWithoutOne) {
  Sink publisher(Sink::test_video);
  Source viewer(publisher.uri(), Source::video_only, "");
  Counter frames(viewer, "video");
  viewer.play();
  EXPECT_TRUE(frames.advances());
}

TEST_F(Receive, ResumesWhenTheStreamReturns) {
  auto server = std::make_unique<Sink>(Sink::test_video, "");
  Source viewer(server->uri(), Source::video_only, "stream=guest on-end=wait");
  // Every connection there was is gone in the end.
  static std::atomic<int> connections{0};
  g_signal_connect(
      viewer.element("r").get(), "session-started",
      G_CALLBACK(+[](GstElement *, const char *, const char *, GstElement *webrtcbin, gpointer) {
        connections++;
        g_object_weak_ref(
            G_OBJECT(webrtcbin),
            [](gpointer, GObject *) {
              connections--;
              Changes::get().change();
            },
            nullptr);
      }),
      nullptr);
  Counter frames(viewer, "video");
  viewer.play();
  for (int run = 0; run < 3; run++) {
    Pipeline guest("rtcsink name=rtcsink uri=" + server->uri() + " stream=guest " +
                   Sink::test_video);
    guest.play();
    EXPECT_TRUE(frames.advances(20)) << "run " << run;
    const auto last = frames.last_pts();
    guest.stop();
    EXPECT_TRUE(viewer.wait_message("rtc-stream-ended", static_cast<size_t>(run) + 1));
    EXPECT_GE(frames.last_pts(), last);
    EXPECT_TRUE(eventually([&] { return connections == 0; })) << "run " << run;
  }
  EXPECT_FALSE(viewer.eos());
  EXPECT_EQ(viewer.error(), "");
}

TEST_F(Receive, KeepsVideoAndAudioInStep) {
  Edges flashes, ticks;  // outlive those who write there
  Sink publisher(
      "videotestsrc is-live=true pattern=black ! "
      "video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! identity "
      "name=painter ! rtcsink.video_0 "
      "audiotestsrc is-live=true wave=ticks tick-interval=1000000000 freq=1000 "
      "samplesperbuffer=480 ! "
      "audio/x-raw,rate=48000,channels=2 ! rtcsink.audio_0");
  probe(publisher, "painter", paint, nullptr);
  Source viewer(publisher.uri(),
                "r.video_0 ! video/x-raw,format=I420 ! fakesink name=video sync=false "
                "r.audio_0 ! audioconvert ! audio/x-raw,format=S16LE,rate=48000,channels=2 ! "
                "fakesink name=audio sync=false");
  probe(viewer, "video", see, &flashes);
  probe(viewer, "audio", hear, &ticks);
  viewer.play();
  // Sender reports bring the tracks together within the first seconds.
  const auto apart = [&](size_t flash) {
    std::scoped_lock lock(flashes.mutex, ticks.mutex);
    double nearest = 1e9;
    for (const auto tick : ticks.times)
      nearest = std::min(
          nearest,
          std::abs(static_cast<double>(GST_CLOCK_DIFF(tick, flashes.times[flash]))) / GST_MSECOND);
    return nearest;
  };
  const auto in_step = [&] {
    const auto seen = std::min(flashes.count(), ticks.count());
    return seen >= 5 && apart(seen - 2) < 40 && apart(seen - 3) < 40 && apart(seen - 4) < 40;
  };
  EXPECT_TRUE(eventually(in_step, deadline * 2));
  const auto seen = std::min(flashes.count(), ticks.count());
  for (size_t i = 0; i < seen; i++) printf("flash %zu: the tick is %.1f ms apart\n", i, apart(i));
}

TEST_F(Receive, RecordingIsCompleteWhenThePublisherEnds) {
  Sink publisher(
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 "
      "! rtcsink.video_0 "
      "audiotestsrc is-live=true ! rtcsink.audio_0");
  Source recorder(publisher.uri(),
                  "r.video_0 ! queue ! identity name=frames ! matroskamux name=m ! filesink "
                  "location=" +
                      file("got.mkv") + " r.audio_0 ! queue ! identity name=sounds ! m.audio_0");
  Counter frames(recorder, "frames"), sounds(recorder, "sounds");
  recorder.play();
  ASSERT_TRUE(frames.advances(60) && sounds.advances(60));
  gst_element_send_event(publisher.get(), gst_event_new_eos());
  ASSERT_TRUE(recorder.wait_eos());
  recorder.stop();
  EXPECT_EQ(recorder.error(), "");

  Pipeline reader(
      "filesrc location=" + file("got.mkv") +
      " ! matroskademux name=d  d.video_0 ! queue ! vp8dec ! fakesink name=video sync=false  "
      "d.audio_0 ! queue ! opusdec ! fakesink "
      "name=audio sync=false");
  Counter video(reader, "video"), audio(reader, "audio");
  reader.play();
  ASSERT_TRUE(reader.wait_eos());
  EXPECT_EQ(reader.error(), "");
  EXPECT_GT(video.count(), 0u);
  EXPECT_EQ(video.count(), frames.count());
  EXPECT_GT(audio.count(), 0u);
  EXPECT_EQ(audio.count(), sounds.count());
}

TEST_F(Receive, AnEosEventEndsTheRecording) {
  Sink publisher;
  Source recorder(publisher.uri(),
                  "r.video_0 ! queue ! matroskamux name=m ! filesink location=" + file("got.mkv") +
                      " r.audio_0 ! queue ! identity name=seen ! m.audio_0");
  Counter packets(recorder, "seen");
  recorder.play();
  ASSERT_TRUE(packets.advances(50));
  gst_element_send_event(recorder.get(), gst_event_new_eos());
  EXPECT_TRUE(recorder.wait_eos());
  EXPECT_TRUE(publisher.wait_message("rtc-viewer-removed"));
  EXPECT_EQ(recorder.error(), "");
}

TEST_F(Receive, Mp4WithH264IsComplete) {
  for (auto name : {"x264enc", "mp4mux", "avdec_h264"}) {
    const auto factory = adopt(gst_element_factory_find(name));
    if (!factory) GTEST_SKIP() << name << " is not installed";
  }
  Sink publisher(
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 "
      "! rtcsink.video_0 "
      "audiotestsrc is-live=true ! rtcsink.audio_0",
      "video-codecs=H264");
  Source recorder(publisher.uri(),
                  "r.video_0 ! queue ! identity name=frames ! m.video_0 mp4mux name=m ! filesink "
                  "location=" +
                      file("got.mp4") + " r.audio_0 ! queue ! m.audio_0");
  Counter frames(recorder, "frames");
  recorder.play();
  ASSERT_TRUE(frames.advances(60));
  gst_element_send_event(publisher.get(), gst_event_new_eos());
  ASSERT_TRUE(recorder.wait_eos());
  recorder.stop();
  EXPECT_EQ(recorder.error(), "");
  Pipeline reader("filesrc location=" + file("got.mp4") +
                  " ! qtdemux name=d  d.video_0 ! avdec_h264 ! fakesink name=video sync=false");
  Counter video(reader, "video");
  reader.play();
  ASSERT_TRUE(reader.wait_eos());
  EXPECT_GT(video.count(), 0u);
  EXPECT_EQ(video.count(), frames.count());
}

TEST_F(Receive, RelaysWithoutDecoding) {
  Sink publisher;
  Sink relay("rtcsrc name=r uri=" + publisher.uri() +
             " stream=film r.video_0 ! rtcsink.video_0 r.audio_0 ! rtcsink.audio_0");
  Source viewer(relay.uri());
  Counter video(viewer, "video"), audio(viewer, "audio");
  viewer.play();
  EXPECT_TRUE(video.advances(20));
  EXPECT_TRUE(audio.advances(20));
  EXPECT_EQ(relay.error(), "");
}

TEST_F(Receive, PlaysThroughItsUri) {
  Sink publisher;
  Pipeline player("playbin name=p uri=rtc+" + publisher.uri() + "?stream=film");
  const auto video = share(gst_element_factory_make("fakesink", "video")),
             audio = share(gst_element_factory_make("fakesink", "audio"));
  g_object_set(player.get(), "video-sink", video.get(), "audio-sink", audio.get(), nullptr);
  std::atomic<int> frames{0};
  const auto pad = adopt(gst_element_get_static_pad(video.get(), "sink"));
  PadProbe probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, [&](GstPadProbeInfo *) { frames++; });
  player.play();
  EXPECT_TRUE(eventually([&] { return frames > 10; }));
  EXPECT_EQ(player.error(), "");
}

TEST_F(Receive, SaysWhichCodecsDoNotMeet) {
  Sink publisher(Sink::test_video, "video-codecs=VP8");
  Source viewer(publisher.uri(), Source::video_only, "stream=film video-codecs=H264");
  viewer.play();
  const auto error = viewer.wait_error();
  EXPECT_NE(error.find("VP8"), std::string::npos) << error;
  EXPECT_NE(error.find("video-codecs"), std::string::npos) << error;
}

TEST_F(Receive, StatisticsHaveW3cNames) {
  Sink publisher(Sink::test_video);
  Source viewer(publisher.uri(), Source::video_only);
  Counter frames(viewer, "video");
  viewer.play();
  EXPECT_TRUE(frames.advances(30));
  const auto tells = [](const Pipeline &pipeline, const char *element, const char *name) {
    return eventually([&] {
      const CharPtr text(gst_structure_to_string(pipeline.stats(element).get()));
      return std::string(text.get()).find(name) != std::string::npos;
    });
  };
  EXPECT_TRUE(tells(publisher, "rtcsink", "bytesSent"));
  EXPECT_TRUE(tells(publisher, "rtcsink", "framesSent"));
  EXPECT_TRUE(tells(viewer, "r", "packetsReceived"));
}
