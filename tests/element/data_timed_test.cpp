// Metadata in step with frames, from rtcsink to rtcsrc through a real server on loopback: every
// frame shows its number, and every message names one.
#include <map>

#include "base/signal.hpp"
#include "support/broken_path.hpp"
#include "support/data_pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Sink = rtc::test::Publisher;
using Viewer = rtc::test::Receiver;

namespace {

constexpr auto frame = GST_SECOND / 30;
constexpr auto json_caps = "application/json";
constexpr auto video =
    "videotestsrc name=camera is-live=true pattern=black ! "
    "video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! rtcsink.video_0 ";
constexpr auto in_step = "data_0::sync-to=video_0 ";
constexpr auto shows =
    "r.video_0 ! video/x-raw,format=I420 ! fakesink name=video sync=false  "
    "r.data_0 ! fakesink name=heard sync=false async=false";

// The number of a frame as black and white columns, the most significant first.
constexpr int bits = 10;
using Number = unsigned;

void paint(uint8_t *luma, int width, int height, Number number) {
  for (int x = 0; x < width; x++) {
    const bool white = number >> (bits - 1 - x * bits / width) & 1;
    for (int y = 0; y < height; y++) luma[y * width + x] = white ? 235 : 16;
  }
}

Number read_number(const uint8_t *luma, int width, int height) {
  Number number = 0;
  for (int i = 0; i < bits; i++)
    number = number << 1 | (luma[height / 2 * width + (2 * i + 1) * width / (2 * bits)] > 128);
  return number;
}

void size_of(GstPad *pad, int &width, int &height) {
  const auto caps = adopt(gst_pad_get_current_caps(pad));
  gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "width", &width);
  gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "height", &height);
}

// Numbers the frames of a publisher, and sends a message for each with its PTS, `late` frames after
// it.
class Camera {
 public:
  Camera(const Pipeline &publisher, unsigned late = 0)
      : camera_(publisher.element("camera")),
        meta_(publisher.element("meta")),
        late_(late),
        pad_(publisher.pad("camera", "src")),
        probe_(pad_.get(), GST_PAD_PROBE_TYPE_BUFFER,
               [this](GstPadProbeInfo *info) { pass(info); }) {}
  ~Camera() {
    gst_element_set_locked_state(camera_.get(), TRUE);
    gst_element_set_state(camera_.get(), GST_STATE_NULL);
  }
  // The next frame's.
  Number next() const { return next_; }

 private:
  void pass(GstPadProbeInfo *info) {
    auto *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    int width = 0, height = 0;
    size_of(pad_.get(), width, height);
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    paint(map.data, width, height, next_);
    gst_buffer_unmap(buffer, &map);
    times_.push_back(GST_BUFFER_PTS(buffer));
    if (next_ >= late_) {
      const auto number = next_ - late_;
      const auto text = "{\"frame\":" + std::to_string(number) + "}";
      auto *message = gst_buffer_new_memdup(text.data(), text.size());
      GST_BUFFER_PTS(message) = times_[number];
      gst_app_src_push_buffer(GST_APP_SRC(meta_.get()), message);
    }
    next_++;
  }

  const Ref<GstElement> camera_, meta_;
  const unsigned late_;
  const Ref<GstPad> pad_;
  std::atomic<Number> next_ = 0;
  std::vector<GstClockTime> times_;
  PadProbe probe_;
};

// When what comes out of a pad is, by the numbers.
class Times {
 public:
  Times(const Pipeline &pipeline, const char *name, bool is_video)
      : is_video_(is_video),
        pad_(pipeline.pad(name)),
        probe_(pad_.get(), GST_PAD_PROBE_TYPE_BUFFER,
               [this](GstPadProbeInfo *info) { pass(GST_PAD_PROBE_INFO_BUFFER(info)); }) {}

  std::map<Number, GstClockTime> get() {
    std::lock_guard lock(mutex_);
    return times_;
  }
  std::string caps() {
    const auto caps = adopt(gst_pad_get_current_caps(pad_.get()));
    const CharPtr text(caps ? gst_caps_to_string(caps.get()) : nullptr);
    return text ? text.get() : "";
  }

 private:
  void pass(GstBuffer *buffer) {
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_READ);
    Number number = 0;
    int width = 0, height = 0;
    if (is_video_) size_of(pad_.get(), width, height);
    const bool good = is_video_ || sscanf(std::string(map.data, map.data + map.size).c_str(),
                                          "{\"frame\":%u}", &number) == 1;
    if (is_video_) number = read_number(map.data, width, height);
    gst_buffer_unmap(buffer, &map);
    {
      std::lock_guard lock(mutex_);
      if (good) times_.emplace(number, GST_BUFFER_PTS(buffer));
    }
    Changes::get().change();
  }

  const bool is_video_;
  const Ref<GstPad> pad_;
  std::mutex mutex_;  // guards times_
  std::map<Number, GstClockTime> times_;
  PadProbe probe_;
};

class Step {
 public:
  explicit Step(Pipeline &viewer)
      : viewer_(viewer), frames_(viewer, "video", true), data_(viewer, "heard", false) {}
  ~Step() { viewer_.stop(); }

  // So many frames came together with their messages.
  bool wait(size_t count) {
    return eventually([&] { return pairs().size() >= count; });
  }
  size_t count() { return pairs().size(); }
  // How far each message is from its frame, from that one on.
  std::vector<GstClockTimeDiff> pairs(Number from = 0) {
    std::vector<GstClockTimeDiff> result;
    const auto frames = frames_.get();
    for (const auto &[number, time] : data_.get())
      if (const auto found = frames.find(number); number >= from && found != frames.end())
        result.push_back(GST_CLOCK_DIFF(found->second, time));
    return result;
  }
  void expect_in_step() { expect_in_step(pairs()); }
  // Nearer than half a frame: the nearest frame is the right one.
  static void expect_in_step(const std::vector<GstClockTimeDiff> &all) {
    size_t wrong = 0;
    GstClockTimeDiff worst = 0;
    for (const auto apart : all) {
      wrong += std::abs(apart) > static_cast<GstClockTimeDiff>(frame / 2);
      worst = std::max(worst, std::abs(apart));
    }
    EXPECT_EQ(wrong, 0u) << "of " << all.size() << ", " << worst / 1000 << " us";
    printf("%zu messages, the worst %ld us from its frame\n", all.size(), long(worst / 1000));
  }
  std::string caps() { return data_.caps(); }

 private:
  Pipeline &viewer_;
  Times frames_, data_;
};

std::string source(const std::string &caps = json_caps) {
  return app_source("meta", "rtcsink.data_0", caps);
}

// A camera with what belongs to its frames, and who watches it.
struct Scene {
  explicit Scene(const std::string &sent = video + source(), const std::string &settings = in_step,
                 unsigned late = 0)
      : publisher(sent, settings), camera(publisher, late) {
    viewer.play();
  }
  Sink publisher;
  Camera camera;
  Viewer viewer{publisher.uri(), shows};
  std::shared_ptr<Connections> connections = Connections::of(viewer, "r", "session-started");
  Step step{viewer};
};

// Of the one viewer; not known where the loop has no time to answer, when it says what was before.
std::optional<uint64_t> keyframe_requests(const Sink &publisher) {
  const auto asked = std::chrono::steady_clock::now();
  const auto stats = publisher.stats("rtcsink");
  if (std::chrono::steady_clock::now() - asked > std::chrono::milliseconds(900)) return {};
  const auto *value = gst_structure_get_value(stats.get(), "sessions");
  if (!value) return {};
  const auto *sessions = gst_value_get_structure(value);
  uint64_t requests = 0;
  if (gst_structure_n_fields(sessions) == 1)
    gst_structure_get_uint64(gst_value_get_structure(gst_structure_get_value(
                                 sessions, gst_structure_nth_field_name(sessions, 0))),
                             "keyFrameRequests", &requests);
  return requests;
}

class DataTimed : public DataTest {};

}  // namespace

TEST_F(DataTimed, MessagesHaveTheTimeOfTheirFrames) {
  Scene scene;
  ASSERT_TRUE(scene.step.wait(60)) << scene.step.count();
  scene.step.expect_in_step();
  EXPECT_EQ(scene.step.caps(), json_caps);
  EXPECT_EQ(scene.viewer.error(), "");
  EXPECT_EQ(scene.publisher.error(), "");
}

TEST_F(DataTimed, WhatIsFoundLateIsInStep) {
  Scene scene(video + source(), in_step, 12);
  ASSERT_TRUE(scene.step.wait(60)) << scene.step.count();
  scene.step.expect_in_step();
}

TEST_F(DataTimed, EncodedVideoAndAnotherCodec) {
  for (const std::string encoder :
       {"x264enc tune=zerolatency key-int-max=30", "vp9enc deadline=1"}) {
    const auto name = encoder.substr(0, encoder.find(' '));
    if (!adopt(gst_element_factory_find(name.c_str()))) continue;
    SCOPED_TRACE(encoder);
    std::string text = video;
    text.replace(text.find("rtcsink."), 0, encoder + " ! ");
    Scene scene(text + source());
    // When the viewer asks for a keyframe it gets the frames since the last one again, since no
    // encoder can be asked, and these have the time of then.
    uint64_t asked = 0;
    Number from = 0;
    std::vector<GstClockTimeDiff> pairs;
    EXPECT_TRUE(eventually([&] {
      pairs = scene.step.pairs(from);
      if (pairs.size() < 40) return false;
      const auto now = keyframe_requests(scene.publisher);
      const bool known = now && std::exchange(asked, *now) == *now;
      if (!known) from = scene.camera.next();
      return known;
    })) << pairs.size();
    Step::expect_in_step(pairs);
  }
}

TEST_F(DataTimed, ThroughChangesOfRendition) {
  Scene scene(video + source(),
              std::string(in_step) + "linger=60000 renditions=320x240@300k,160x120@150k");
  auto &publisher = scene.publisher;
  auto &step = scene.step;
  ASSERT_TRUE(step.wait(10));
  const auto session = publisher.field("rtc-viewer-added", "session");
  for (size_t i = 0; i < 8; i++) {
    gboolean done = FALSE;
    g_signal_emit_by_name(publisher.element("rtcsink").get(), "set-viewer-rendition",
                          session.c_str(), "video_0", i % 2 ? "320x240" : "160x120", &done);
    ASSERT_TRUE(done);
    ASSERT_TRUE(publisher.wait_message("rtc-rendition", i + 1));
    ASSERT_TRUE(step.wait(step.count() + 10));
  }
  step.expect_in_step();
}

TEST_F(DataTimed, ThroughLoss) {
  Scene scene;
  ASSERT_TRUE(scene.step.wait(10));
  scene.connections->lose_some_of_first();
  ASSERT_TRUE(scene.step.wait(150)) << scene.step.count();
  scene.step.expect_in_step();
}

TEST_F(DataTimed, ThroughAHealedConnection) {
  Scene scene;
  ASSERT_TRUE(scene.step.wait(20));
  scene.connections->break_first();
  ASSERT_TRUE(scene.viewer.wait_message("rtc-healed"));
  ASSERT_TRUE(scene.step.wait(scene.step.count() + 40));
  scene.step.expect_in_step();
}

TEST_F(DataTimed, KlvAndTextKeepTheirCaps) {
  const struct {
    const char *sent, *received, *message;
  } rows[] = {{"meta/x-klv,parsed=true", "meta/x-klv", "\x06\x0e\x2b\x34"},
              {text_caps, "text/x-raw", "a word"}};
  for (const auto &row : rows) {
    SCOPED_TRACE(row.sent);
    Sink publisher(video + source(row.sent), in_step);
    Viewer viewer(publisher.uri(), shows);
    Heard heard(viewer, "heard");
    viewer.play();
    const auto expected = std::string(row.received) + ":" + row.message;
    EXPECT_TRUE(wait_for_first(publisher, "meta", heard, row.message));
    EXPECT_EQ(heard.messages().front(), expected);
    // Without a PTS they belong to no frame, which is told once.
    EXPECT_EQ(publisher.warnings().size(), 1u);
  }
}

TEST_F(DataTimed, WithoutMediaTheyArriveStill) {
  Sink publisher(video + source(), in_step);
  Camera camera(publisher);
  Viewer viewer(publisher.uri(), "r.data_0 ! fakesink name=heard sync=false async=false");
  Heard heard(viewer, "heard");
  viewer.play();
  EXPECT_TRUE(heard.wait(10));
}

TEST_F(DataTimed, WhatWaitsGoesWithAFlush) {
  Sink publisher(video + source(), in_step);
  Viewer viewer(publisher.uri(), shows);
  Heard heard(viewer, "heard");
  Counter said(publisher, "meta", "src");
  const auto meta = publisher.element("meta");
  const auto say = [&](const std::string &text, GstClockTime ahead) {
    auto *message = gst_buffer_new_memdup(text.data(), text.size());
    GST_BUFFER_PTS(message) = gst_element_get_current_running_time(meta.get()) + ahead;
    const auto before = said.count();
    gst_app_src_push_buffer(GST_APP_SRC(meta.get()), message);
    return eventually([&] { return said.count() > before; });
  };
  viewer.play();
  ASSERT_TRUE(eventually([&] { return say("first", 0) && !heard.messages().empty(); }));
  ASSERT_TRUE(say("before", 10 * GST_SECOND));
  gst_element_send_event(meta.get(), gst_event_new_flush_start());
  gst_element_send_event(meta.get(), gst_event_new_flush_stop(FALSE));
  ASSERT_TRUE(say("after", 700 * GST_MSECOND));
  EXPECT_TRUE(heard.wait_for("application/json:after"));
  EXPECT_FALSE(heard.has("application/json:before"));
}

TEST_F(DataTimed, InACall) {
  Pipeline desk(
      "rtcpeer name=r listen=127.0.0.1:0 stream=desk "
      "r.video_src_0 ! video/x-raw,format=I420 ! fakesink name=video sync=false async=false "
      "r.data_src_0 ! fakesink name=heard sync=false async=false");
  Step step(desk);
  desk.play();
  const auto url = desk.field("rtc-ready", "url");
  Pipeline robot("rtcpeer name=rtcsink uri=ws" + url.substr(4) + " stream=robot peer=desk " +
                 in_step + video + source());
  Camera camera(robot);
  robot.play();
  ASSERT_TRUE(step.wait(60)) << step.count();
  step.expect_in_step();
  EXPECT_EQ(robot.error() + desk.error(), "");
}

TEST_F(DataTimed, WrongUseIsAnErrorWithARemedy) {
  const struct {
    std::string properties, words;
  } rows[] = {{"data_0::sync-to=video_7",
               "data_0: sync-to is \"video_7\", which is no video or "
               "audio pad that this element sends from; set it to one "
               "of: video_0."},
              {"data_0::sync-to=data_0", "set it to one of: video_0"},
              {"data_0::sync-to=video_0 data_0::data-framing=stream", "not both"}};
  for (const auto &row : rows) {
    Pipeline publisher("rtcsink name=rtcsink listen=127.0.0.1:0 " + row.properties + " " + video +
                       source());
    publisher.play();
    EXPECT_NE(publisher.wait_error().find(row.words), std::string::npos) << publisher.error();
  }
  Sink publisher(video + source("application/octet-stream"), in_step);
  push(publisher, "meta", "x");
  EXPECT_NE(publisher.wait_error().find("meta/x-klv, application/json and text/x-raw"),
            std::string::npos)
      << publisher.error();
}
