// The endless loop of rtc-play on recordings made here, and on real ones where there are any.
#include "loop_source.hpp"

#include <glib/gstdio.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/text.hpp"
#include "media_scan.hpp"

namespace rtc {
namespace {

class GstEnvironment : public testing::Environment {
 public:
  void SetUp() override { gst_init(nullptr, nullptr); }
};
[[maybe_unused]] const auto *environment = testing::AddGlobalTestEnvironment(new GstEnvironment);

bool installed(std::initializer_list<const char *> elements) {
  return std::all_of(elements.begin(), elements.end(),
                     [](const char *name) { return bool(adopt(gst_element_factory_find(name))); });
}

std::string to_uri(const std::string &path) {
  return CharPtr(gst_filename_to_uri(path.c_str(), nullptr)).get();
}

// Plays a loop as fast as it goes and keeps the timestamps that come out.
class Loop {
 public:
  Loop(const std::string &uri, bool decode = false, bool once = false) : uri_(uri) {
    const auto facts = scan_media(uri);
    EXPECT_TRUE(facts) << (facts ? "" : facts.error().message);
    if (!facts) return;
    LoopSource::Settings settings{uri, {}, facts->start, once};
    for (const auto &track : facts->tracks) {
      auto plan = plan_track(track, nullptr, decode);
      EXPECT_TRUE(plan) << (plan ? "" : plan.error().message);
      if (!plan) return;
      settings.tracks.push_back(*plan);
    }
    plans_ = settings.tracks;
    pipeline_ = sink(gst_pipeline_new(nullptr));
    source_ = std::make_unique<LoopSource>(GST_BIN(pipeline_.get()), settings);
    for (size_t i = 0; i < plans_.size(); i++) add_sink(i);
  }

  ~Loop() {
    if (source_) source_->stop();
    if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  }

  // Until `passes` are over, EOS with once, or an error. Passes are told apart by the loop's count.
  void run(unsigned passes) {
    if (!pipeline_) return;
    source_->start();
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    const auto deadline = Clock::now() + seconds(120);
    // When the next but one begins, the last has left the queues.
    while (source_->passes() <= passes + 1 && Clock::now() < deadline) {
      const auto message = adopt(gst_bus_timed_pop_filtered(
          bus.get(), 20 * GST_MSECOND, GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS)));
      if (!message) continue;
      if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) {
        ended_ = true;
        break;
      }
      const auto error = explain(message.get());
      ADD_FAILURE() << uri_ << ": " << error.message << " " << error.detail;
      break;
    }
    EXPECT_LT(Clock::now(), deadline);
    source_->stop();
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  }

  const std::vector<GstClockTime> &times(size_t track) const { return times_.at(track); }
  const std::vector<TrackPlan> &plans() const { return plans_; }
  bool ended() const { return ended_; }

  void expect_rising() const {
    for (size_t track = 0; track < plans_.size(); track++) {
      ASSERT_FALSE(times(track).empty());
      for (size_t i = 1; i < times(track).size(); i++)
        ASSERT_GT(times(track)[i], times(track)[i - 1]) << "track " << track << " buffer " << i;
    }
  }

  // Buffer i of each track comes again in every pass after the same time, the same for all tracks.
  // `count` is the number of buffers of the first track in a pass.
  void expect_periodic(unsigned passes, size_t count, GstClockTime period,
                       GstClockTime tolerance) const {
    ASSERT_GT(times(0).size(), count);
    const auto exact = times(0)[count] - times(0)[0];
    EXPECT_NEAR(double(exact), double(period), double(tolerance));
    for (size_t track = 0; track < plans_.size(); track++) {
      const auto &all = times(track);
      const auto in_pass =
          size_t(std::count_if(all.begin(), all.end(), [&](auto time) { return time < exact; }));
      ASSERT_GE(all.size(), in_pass * passes) << "track " << track;
      for (size_t i = in_pass; i < in_pass * passes; i++)
        ASSERT_EQ(all[i] - all[i - in_pass], exact) << "track " << track << " buffer " << i;
    }
  }

 private:
  void add_sink(size_t track) {
    GstElement *fakesink = gst_element_factory_make("fakesink", nullptr);
    g_object_set(fakesink, "sync", FALSE, "async", FALSE, nullptr);
    gst_bin_add(GST_BIN(pipeline_.get()), fakesink);
    const auto pad = adopt(gst_element_get_static_pad(fakesink, "sink"));
    gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad *, GstPadProbeInfo *info, gpointer times) {
          static_cast<std::vector<GstClockTime> *>(times)->push_back(
              GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)));
          return GST_PAD_PROBE_OK;
        },
        &times_[track], nullptr);
    EXPECT_EQ(gst_pad_link(source_->output(track).get(), pad.get()), GST_PAD_LINK_OK);
  }

  std::string uri_;
  std::vector<TrackPlan> plans_;
  std::map<size_t, std::vector<GstClockTime>> times_;
  Ref<GstElement> pipeline_;
  std::unique_ptr<LoopSource> source_;
  bool ended_ = false;
};

class LoopSourceTest : public testing::Test {
 protected:
  LoopSourceTest() : folder_(CharPtr(g_dir_make_tmp("rtc-play-XXXXXX", nullptr)).get()) {}
  ~LoopSourceTest() override { std::filesystem::remove_all(folder_); }

  // Runs a pipeline that writes `name` and returns the URI of the file.
  std::string record(const std::string &name, std::string description) {
    const auto path = folder_ + "/" + name;
    description += " ! filesink location=" + path;
    const auto pipeline = sink(gst_parse_launch(description.c_str(), nullptr));
    const auto bus = adopt(gst_element_get_bus(pipeline.get()));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    const auto message = adopt(gst_bus_timed_pop_filtered(
        bus.get(), 60 * GST_SECOND, GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS)));
    EXPECT_TRUE(message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) << description;
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return to_uri(path);
  }

  std::string folder_;
};

constexpr const char *video_2s =
    "videotestsrc num-buffers=60 ! video/x-raw,width=320,height=240,framerate=30/1 ! ";
constexpr const char *audio_1500ms =
    "audiotestsrc num-buffers=75 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! ";
constexpr const char *audio_2500ms =
    "audiotestsrc num-buffers=125 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! ";

TEST_F(LoopSourceTest, TwentyPassesOfVideoLongerThanAudio) {
  const auto uri = record("a.webm", std::string(video_2s) + "vp8enc deadline=1 ! queue ! mux. " +
                                        audio_1500ms + "opusenc ! queue ! mux. webmmux name=mux");
  Loop loop(uri);
  ASSERT_EQ(loop.plans().size(), 2u);
  EXPECT_TRUE(loop.plans()[0].untouched) << loop.plans()[0].text;
  EXPECT_TRUE(loop.plans()[1].untouched) << loop.plans()[1].text;
  loop.run(20);
  loop.expect_rising();
  loop.expect_periodic(20, 60, 2 * GST_SECOND, 5 * GST_MSECOND);
}

TEST_F(LoopSourceTest, TwentyPassesOfAudioLongerThanVideo) {
  const auto uri = record("b.webm", std::string(video_2s) + "vp8enc deadline=1 ! queue ! mux. " +
                                        audio_2500ms + "opusenc ! queue ! mux. webmmux name=mux");
  Loop loop(uri);
  loop.run(20);
  loop.expect_rising();
  loop.expect_periodic(20, 60, 2500 * GST_MSECOND, 25 * GST_MSECOND);
}

TEST_F(LoopSourceTest, DecodedPassesAreAsExact) {
  const auto uri = record("c.webm", std::string(video_2s) + "vp8enc deadline=1 ! queue ! mux. " +
                                        audio_1500ms + "vorbisenc ! queue ! mux. webmmux name=mux");
  Loop loop(uri, true);
  EXPECT_FALSE(loop.plans()[0].untouched);
  EXPECT_FALSE(loop.plans()[1].untouched);
  loop.run(20);
  loop.expect_rising();
  loop.expect_periodic(20, 60, 2 * GST_SECOND, 5 * GST_MSECOND);
}

TEST_F(LoopSourceTest, BFramesAreDecoded) {
  if (!installed({"x264enc", "avenc_aac", "avdec_h264"}))
    GTEST_SKIP() << "no H.264 encoder and decoder";
  const auto uri =
      record("d.mp4", std::string(video_2s) +
                          "x264enc bframes=3 b-adapt=false ! h264parse ! queue ! mux. " +
                          audio_1500ms + "avenc_aac ! aacparse ! queue ! mux. mp4mux name=mux");
  Loop loop(uri);
  ASSERT_EQ(loop.plans().size(), 2u);
  EXPECT_FALSE(loop.plans()[0].untouched);
  loop.run(5);
  loop.expect_rising();
  loop.expect_periodic(5, 60, 2 * GST_SECOND, 50 * GST_MSECOND);
}

TEST_F(LoopSourceTest, BaselineGoesThroughUntouched) {
  if (!installed({"x264enc"})) GTEST_SKIP() << "no H.264 encoder";
  const auto uri = record(
      "e.mp4",
      std::string(video_2s) +
          "x264enc bframes=0 ! video/x-h264,profile=constrained-baseline ! h264parse ! mp4mux");
  Loop loop(uri);
  ASSERT_EQ(loop.plans().size(), 1u);
  EXPECT_TRUE(loop.plans()[0].untouched) << loop.plans()[0].text;
  loop.run(3);
  loop.expect_rising();
  loop.expect_periodic(3, 60, 2 * GST_SECOND, GST_USECOND);
}

TEST_F(LoopSourceTest, OnceEndsWithTheRecording) {
  const auto uri = record("f.ogg", std::string(audio_1500ms) + "opusenc ! oggmux");
  Loop loop(uri, false, true);
  loop.run(10);
  EXPECT_TRUE(loop.ended());
}

TEST_F(LoopSourceTest, LargeVideoIsMadeSmaller) {
  const auto uri =
      record("g.webm",
             "videotestsrc num-buffers=30 ! video/x-raw,width=1920,height=1080,framerate=60/1 ! "
             "vp8enc deadline=1 cpu-used=16 threads=2 ! webmmux");
  Loop loop(uri, true);
  ASSERT_EQ(loop.plans().size(), 1u);
  EXPECT_NE(loop.plans()[0].text.find("1280x720"), std::string::npos) << loop.plans()[0].text;
  EXPECT_NE(loop.plans()[0].decoder.find("framerate=30/1"), std::string::npos);
  loop.run(2);
  loop.expect_rising();
}

TEST_F(LoopSourceTest, WhatIsNoRecordingIsAnError) {
  const auto path = folder_ + "/text.webm";
  g_file_set_contents(path.c_str(), "This is a text.\n", -1, nullptr);
  EXPECT_FALSE(scan_media(to_uri(path)));
  EXPECT_FALSE(scan_media(to_uri(folder_ + "/absent.webm")));
}

// Set in the environment, or beside the checkout.
class RecordingTest : public testing::TestWithParam<const char *> {};

TEST_P(RecordingTest, Loops) {
  const char *folder = std::getenv("RTC_TEST_MEDIA");
  const auto path = std::string(folder ? folder : "") + "/" + GetParam();
  if (!folder || !std::filesystem::exists(path))
    GTEST_SKIP() << "RTC_TEST_MEDIA has no " << GetParam();
  Loop loop(to_uri(path));
  for (const auto &plan : loop.plans()) std::printf("%s\n", plan.text.c_str());
  loop.run(3);
  loop.expect_rising();
}

INSTANTIATE_TEST_SUITE_P(Real, RecordingTest,
                         testing::Values("bunny-10s.webm", "music-video.webm",
                                         "clip-1080p60-2s.mp4", "bunny-audio.mp4"));

}  // namespace
}  // namespace rtc
