// One encoder with its outlets, without a network: who gets a picture when.

#include "media/encode_group.hpp"

#include "support/drain.hpp"
#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

class EncodeGroupTest : public ElementTest {
 protected:
  void make(bool encoded, const char *codec = "VP8") {
    EncodeGroup::Settings settings;
    settings.codec = find_codec(codec);
    if (!encoded) settings.encoder = find_encoder(*settings.codec);
    settings.options = {300000, 100000};
    settings.ssrc = 1;
    settings.keyframe_upstream = [this] { asked_upstream++; };
    settings.failed = [](const Error &error) { ADD_FAILURE() << error.message; };
    settings.encoder_setup = [this](GstElement *encoder) {
      if (on_setup) on_setup(encoder);
      const auto pad = adopt(gst_element_get_static_pad(encoder, "src"));
      gst_pad_add_probe(
          pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
          [](GstPad *, GstPadProbeInfo *info, gpointer data) {
            auto *self = static_cast<EncodeGroupTest *>(data);
            self->encoded_frames++;
            if (!GST_BUFFER_FLAG_IS_SET(GST_PAD_PROBE_INFO_BUFFER(info),
                                        GST_BUFFER_FLAG_DELTA_UNIT))
              self->keyframes++;
            Changes::get().change();
            return GST_PAD_PROBE_OK;
          },
          this, nullptr);
    };
    auto created = EncodeGroup::create(settings, std::make_shared<WorkerPool>(2), reaper);
    ASSERT_TRUE(created) << created.error().message;
    group = *created;
  }

  // Frames of 40 ms, one after the other, each encoded before the next is pushed.
  void push_raw(unsigned frames) {
    for (unsigned i = 0; i < frames; i++) {
      auto buffer = adopt(gst_buffer_new_allocate(nullptr, 160 * 120 * 3 / 2, nullptr));
      gst_buffer_memset(buffer.get(), 0, static_cast<guint8>(16 + pushed % 200), 160 * 120 * 3 / 2);
      push(buffer, "video/x-raw,format=I420,width=160,height=120,framerate=25/1");
      ASSERT_TRUE(eventually([&] { return encoded_frames == pushed; }));
    }
  }
  // 20 ms each.
  void push_silence(unsigned frames) {
    for (unsigned i = 0; i < frames; i++) {
      const auto buffer = adopt(gst_buffer_new_allocate(nullptr, 960 * 2, nullptr));
      gst_buffer_memset(buffer.get(), 0, 0, 960 * 2);
      push(buffer, "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=1");
      ASSERT_TRUE(eventually([&] { return encoded_frames == pushed; }));
    }
  }
  // A keyframe that is asked for too soon after the last one comes with a later frame.
  void push_raw_until_keyframe(unsigned number) {
    const auto end = Clock::now() + deadline;
    while (keyframes < number && Clock::now() < end) push_raw(1);
    ASSERT_EQ(keyframes, number);
  }
  // Real encoded frames: the first of `clip` is its only keyframe.
  void push_encoded(unsigned frames, bool keyframe) {
    if (clip.empty()) record_clip();
    for (unsigned i = 0; i < frames; i++)
      push(adopt(gst_buffer_copy(clip[keyframe && i == 0 ? 0 : 1 + pushed % 50].get())),
           "video/x-vp8,width=160,height=120,framerate=25/1");
  }
  void record_clip() {
    Pipeline encoder(
        "videotestsrc num-buffers=60 ! video/x-raw,width=160,height=120,framerate=25/1 ! vp8enc "
        "deadline=1 "
        "keyframe-max-dist=1000 ! appsink name=out sync=false");
    encoder.play();
    const auto out = encoder.element("out");
    while (const auto sample = adopt(gst_app_sink_pull_sample(GST_APP_SINK(out.get()))))
      clip.push_back(share(gst_sample_get_buffer(sample.get())));
    ASSERT_EQ(clip.size(), 60u);
  }
  void push(const Ref<GstBuffer> &buffer, const char *caps_text) {
    const auto duration = g_str_has_prefix(caps_text, "audio") ? 20 : 40;
    GST_BUFFER_PTS(buffer.get()) = pushed++ * duration * GST_MSECOND;
    const auto caps = adopt(gst_caps_from_string(caps_text));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    const auto sample = adopt(gst_sample_new(buffer.get(), caps.get(), &segment, nullptr));
    group->push(sample.get());
  }

  // A streaming thread may be the last to have it.
  void TearDown() override {
    const std::weak_ptr<EncodeGroup> gone = group;
    group.reset();
    EXPECT_TRUE(eventually([&] { return gone.expired(); }));
    EXPECT_TRUE(reaper->wait(deadline));
  }

  const std::shared_ptr<Reaper> reaper = std::make_shared<Reaper>();

  std::shared_ptr<EncodeGroup> group;
  std::function<void(GstElement *)> on_setup;
  std::vector<Ref<GstBuffer>> clip;
  unsigned pushed = 0;
  std::atomic<unsigned> encoded_frames{0};
  std::atomic<unsigned> keyframes{0};
  std::atomic<unsigned> asked_upstream{0};
};

}  // namespace

TEST_F(EncodeGroupTest, JoinsAtOnceShareOneKeyframe) {
  make(false);
  Drain somebody;
  group->add(somebody.outlet);
  push_raw(30);
  EXPECT_EQ(keyframes, 1u);
  std::vector<std::unique_ptr<Drain>> drains;
  for (int i = 0; i < 8; i++) group->add((drains.emplace_back(std::make_unique<Drain>()))->outlet);
  push_raw_until_keyframe(2);
  push_raw(4);
  for (auto &drain : drains) EXPECT_TRUE(eventually([&] { return drain->count() == 5; }));
  EXPECT_EQ(keyframes, 2u);
}

TEST_F(EncodeGroupTest, AJoinRightAfterAKeyframeNeedsNoOther) {
  make(false);
  Drain somebody;
  group->add(somebody.outlet);
  push_raw(4);
  Drain drain;
  group->add(drain.outlet);
  EXPECT_TRUE(eventually([&] { return drain.count() == 4; }));
  push_raw(2);
  EXPECT_TRUE(eventually([&] { return drain.count() == 6; }));
  EXPECT_EQ(keyframes, 1u);
}

TEST_F(EncodeGroupTest, AnEncoderWithoutViewersRests) {
  make(false);
  Drain first;
  group->add(first.outlet);
  push_raw(5);
  group->remove(first.outlet);
  const auto unseen = adopt(gst_buffer_new_allocate(nullptr, 160 * 120 * 3 / 2, nullptr));
  push(unseen, "video/x-raw,format=I420,width=160,height=120,framerate=25/1");
  pushed--;
  Drain later;
  group->add(later.outlet);
  EXPECT_EQ(later.count(), 0u) << "old frames are not shown";
  push_raw_until_keyframe(2);
  EXPECT_TRUE(eventually([&] { return later.count() == 1; }));
  EXPECT_EQ(encoded_frames, pushed);
}

TEST_F(EncodeGroupTest, EncodedInputIsShownFromTheLastKeyframeOn) {
  make(true);
  Drain first;
  group->add(first.outlet);
  EXPECT_EQ(asked_upstream, 1u);
  push_encoded(50, true);
  ASSERT_TRUE(eventually([&] { return first.count() == 50; }));
  Drain late;
  group->add(late.outlet);
  ASSERT_TRUE(eventually([&] { return late.count() == 50; }));
  push_encoded(1, false);
  ASSERT_TRUE(eventually([&] { return late.count() == 51; }));
  std::lock_guard lock(late.mutex);
  // The backlog ends at the live edge and is squeezed before it; sequence numbers are unbroken.
  EXPECT_EQ(late.frames[50].timestamp - late.frames[49].timestamp, 3600u);
  EXPECT_LE(late.frames[49].timestamp - late.frames[0].timestamp, 50u * 90);
  for (size_t i = 1; i < late.frames.size(); i++)
    EXPECT_GT(static_cast<int32_t>(late.frames[i].timestamp - late.frames[i - 1].timestamp), 0);
  for (size_t i = 1; i < late.sequences.size(); i++)
    EXPECT_EQ(static_cast<uint16_t>(late.sequences[i] - late.sequences[i - 1]), 1);
  EXPECT_EQ(asked_upstream, 1u);
}

TEST_F(EncodeGroupTest, NothingIsSentBeforeAKeyframe) {
  make(true);
  Drain drain;
  group->add(drain.outlet);
  push_encoded(20, false);
  push_encoded(3, true);
  ASSERT_TRUE(eventually([&] { return drain.count() == 3; }));
}

TEST_F(EncodeGroupTest, DrainingSendsWhatTheEncoderHolds) {
  make(false);
  Drain drain;
  group->add(drain.outlet);
  push_raw(10);
  EXPECT_TRUE(group->drain(std::chrono::seconds(10)));
  EXPECT_TRUE(eventually([&] { return drain.count() == 10; }));
  EXPECT_TRUE(group->ended());
}

TEST_F(EncodeGroupTest, TheApplicationsDtxStays) {
  on_setup = [](GstElement *encoder) { g_object_set(encoder, "dtx", TRUE, nullptr); };
  make(false, "OPUS");
  Drain drain(*find_codec("OPUS"));
  group->add(drain.outlet);
  group->set_dtx(false);
  push_silence(200);
  EXPECT_LT(drain.packets(), 60u);
}

TEST_F(EncodeGroupTest, SilenceIsHardlySentOnANarrowPath) {
  make(false, "OPUS");
  Drain drain(*find_codec("OPUS"));
  group->add(drain.outlet);
  push_silence(50);
  EXPECT_TRUE(eventually([&] { return drain.packets() == 50; }));
  group->set_dtx(true);
  push_silence(200);
  const auto sent = drain.packets();
  EXPECT_LT(sent, 110u);
  group->set_dtx(false);
  push_silence(50);
  EXPECT_TRUE(eventually([&] { return drain.packets() >= sent + 50; }));
}
