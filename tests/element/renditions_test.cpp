// Several renditions of one input in one outlet, without a network: what the viewer gets is one
// stream, whatever it is made of.
#include "media/input.hpp"

#include <gst/video/video.h>

#include "support/drain.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

constexpr auto large = "video/x-raw,format=I420,width=320,height=240,framerate=25/1";

class Renditions : public ElementTest {
 protected:
  void make(const char *renditions, milliseconds linger = milliseconds(0)) {
    Input::Hooks hooks;
    hooks.encoder_setup = [this](const std::string &, GstElement *) { encoders++; };
    hooks.keyframe_upstream = [] {};
    hooks.caps_known = [] {};
    hooks.failed = [](const Codec &, size_t, const Error &error) {
      ADD_FAILURE() << error.message;
    };
    hooks.warned = [this](const Error &error) { warnings.push_back(error.message); };
    input = std::make_shared<Input>(loop, MediaKind::video, "video_0", hooks,
                                    std::make_shared<WorkerPool>(2), reaper);
    EncodingSettings settings;
    settings.video_codecs = {vp8};
    settings.keyframe_interval = seconds(3600);
    settings.linger = linger;
    settings.renditions = *parse_renditions(renditions);
    input->configure(settings);
    set_caps(large);
  }
  void TearDown() override {
    const std::weak_ptr<Input> gone = input;
    loop.call([&] { input.reset(); });
    EXPECT_TRUE(eventually([&] { return gone.expired(); }));
    EXPECT_TRUE(reaper->wait(deadline));
  }

  void set_caps(const char *text) {
    caps = adopt(gst_caps_from_string(text));
    GstVideoInfo info;
    gst_video_info_from_caps(&info, caps.get());
    size = info.size;
    input->set_caps(caps);
  }
  void push_frame() {
    auto buffer = adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
    gst_buffer_memset(buffer.get(), 0, static_cast<guint8>(16 + pushed % 200), size);
    GST_BUFFER_PTS(buffer.get()) = pushed++ * 40 * GST_MSECOND;
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    const auto sample = adopt(gst_sample_new(buffer.get(), caps.get(), &segment, nullptr));
    input->push(sample.get(), 0);
  }
  // With a lead no frame is pushed before that one has seen the last: encoders drop what they
  // cannot take in time.
  void push_until(const std::function<bool()> &done, Drain *lead = nullptr) {
    ASSERT_TRUE(eventually([&] {
      if (done()) return true;
      const auto seen = lead ? lead->count() : 0;
      push_frame();
      if (lead && !eventually([&] { return lead->count() > seen; })) ADD_FAILURE() << "stuck";
      return false;
    }));
  }
  // Until `drain` has seen so many more frames.
  void push_frames(Drain &drain, size_t more, Drain *lead = nullptr) {
    const auto goal = drain.count() + more;
    push_until([&] { return drain.count() >= goal; }, lead);
  }

  std::unique_ptr<Drain> join(size_t rendition) {
    auto drain = std::make_unique<Drain>();
    drain->on_change = [this](const auto &outlet) {
      loop.post([this, outlet] {
        if (input) input->settle(outlet);
      });
    };
    loop.call([&] { EXPECT_TRUE(input->add({vp8, rendition}, 0, drain->outlet)); });
    return drain;
  }
  void change(Drain &drain, size_t rendition) {
    loop.call([&] { EXPECT_TRUE(input->change({vp8, rendition}, 0, drain.outlet)); });
  }
  void change_and_wait(Drain &drain, size_t rendition, Drain *lead = nullptr) {
    const auto before = drain.changes.load();
    change(drain, rendition);
    push_until([&] { return drain.changes > before; }, lead);
  }
  void leave(Drain &drain) {
    loop.call([&] { input->remove(drain.outlet); });
    drain.outlet->close();
  }
  std::vector<Input::GroupInfo> groups() {
    std::vector<Input::GroupInfo> result;
    loop.call([&] { result = input->groups(); });
    return result;
  }

  const Codec *vp8 = find_codec("VP8");
  EventLoop loop{"test"};
  const std::shared_ptr<Reaper> reaper = std::make_shared<Reaper>();
  std::shared_ptr<Input> input;
  std::atomic<int> encoders{0};
  std::vector<std::string> warnings;
  Ref<GstCaps> caps;
  size_t size = 0;
  unsigned pushed = 0;
};

}  // namespace

TEST_F(Renditions, AChangeIsOneStreamToTheViewer) {
  make("320x240,160x120");
  const auto drain = join(0);
  push_frames(*drain, 5);
  change_and_wait(*drain, 1);
  push_frames(*drain, 5);
  EXPECT_EQ(drain->changes, 1);
  drain->expect_one_stream();
  std::lock_guard lock(drain->mutex);
  EXPECT_EQ(std::count(drain->keyframes.begin(), drain->keyframes.end(), true), 2);
  EXPECT_TRUE(drain->keyframes[0]);
}

TEST_F(Renditions, OneGoesOnUntilTheKeyframeOfTheOtherComes) {
  WorkerPool pool(1);
  Drain drain;
  uint16_t sequence = 100;
  const auto offer = [&](Outlet::Source source, uint32_t timestamp, bool keyframe) {
    auto frame = std::make_shared<RtpFrame>();
    frame->keyframe = keyframe;
    frame->layout = {96, 1, 2};
    const RtpHeader header{true, sequence++, timestamp, 1};
    const guint8 payload[] = {0x10, static_cast<guint8>(keyframe ? 0 : 1)};
    frame->packets.push_back({header, adopt(gst_buffer_new_memdup(payload, sizeof payload))});
    frame->list = adopt(gst_buffer_list_new());
    gst_buffer_list_add(frame->list.get(),
                        make_packet(frame->packets[0], header, frame->layout, 0, 0).release());
    if (drain.outlet->offer(source, frame)) pool.schedule({drain.outlet});
  };
  drain.outlet->start(1, {});
  offer(1, 1000, true);
  drain.outlet->await(2);
  offer(2, 1900, false);  // nothing to begin with
  offer(1, 4000, false);
  EXPECT_EQ(drain.changes, 0);
  offer(2, 1000, true);  // three frames behind
  EXPECT_EQ(drain.changes, 1);
  offer(1, 7000, false);  // the old one counts no more
  offer(2, 4000, false);
  offer(2, 7000, false);
  ASSERT_TRUE(eventually([&] { return drain.count() == 5; }));
  drain.expect_one_stream();
  std::lock_guard lock(drain.mutex);
  EXPECT_EQ(drain.keyframes, (std::vector<bool>{true, false, true, false, false}));
  EXPECT_EQ(drain.frames[1].timestamp, 4000u);
  EXPECT_LT(drain.frames[3].timestamp, 7000u);
  EXPECT_EQ(drain.frames[4].timestamp, 7000u);  // back in step
}

TEST_F(Renditions, OneThatComesBackInTimeHasNotMoved) {
  make("320x240,160x120");
  const auto drain = join(0);
  push_frames(*drain, 5);
  change(*drain, 1);
  change(*drain, 0);
  push_frames(*drain, 10);
  EXPECT_EQ(drain->changes, 0);
  EXPECT_TRUE(eventually([&] { return groups().size() == 1; }));
  drain->expect_one_stream();
}

TEST_F(Renditions, SomebodyJoinsDuringTheChange) {
  make("320x240,160x120,100x76", seconds(60));
  const auto first = join(0);
  push_frames(*first, 3);
  for (int i = 0; i < 10; i++) {
    change(*first, 1 + i % 2);
    const auto second = join(i % 3);
    const auto third = join(1 + i % 2);
    push_frames(*second, 3);
    push_frames(*third, 3);
    push_until([&] { return first->changes == i + 1; });
    for (auto *drain : {second.get(), third.get()}) {
      leave(*drain);
      drain->expect_one_stream();
      EXPECT_TRUE(drain->keyframes[0]);
    }
  }
  push_frames(*first, 3);
  first->expect_one_stream();
}

TEST_F(Renditions, OthersNoticeNothing) {
  make("320x240,160x120");
  const auto stays = join(0), moves = join(0);
  push_frames(*stays, 5, stays.get());
  for (int i = 0; i < 10; i++) {
    change_and_wait(*moves, 1, stays.get());
    change_and_wait(*moves, 0, stays.get());
  }
  push_frames(*stays, 5, stays.get());
  std::lock_guard lock(stays->mutex);
  for (size_t i = 1; i < stays->frames.size(); i++)
    EXPECT_EQ(stays->frames[i].timestamp - stays->frames[i - 1].timestamp, 3600u);
}

TEST_F(Renditions, EncodersWorkOnlyForWhoUsesThem) {
  make("320x240,160x120");
  EXPECT_EQ(groups().size(), 0u);
  const auto drain = join(1);
  push_frames(*drain, 3);
  ASSERT_EQ(groups().size(), 1u);
  EXPECT_EQ(groups()[0].rendition.width, 160u);
  change_and_wait(*drain, 0);
  EXPECT_TRUE(eventually([&] { return groups().size() == 1; }));
  EXPECT_EQ(groups()[0].rendition.width, 320u);
  EXPECT_EQ(encoders, 2);
  leave(*drain);
  EXPECT_TRUE(eventually([&] { return groups().empty(); }));
}

TEST_F(Renditions, AfterAPauseAKeyframeComes) {
  make("320x240,160x120");
  const auto drain = join(0), other = join(0);
  push_frames(*drain, 5);
  for (int i = 0; i < 5; i++) {
    loop.call([&] { input->remove(drain->outlet); });
    drain->outlet->pause();
    const auto paused = drain->count();
    push_frames(*other, 20);                // a backlog would be over
    EXPECT_LE(drain->count(), paused + 1);  // one may be on its way
    const auto at = drain->count();
    loop.call([&] { EXPECT_TRUE(input->add({vp8, size_t(i % 2)}, 0, drain->outlet)); });
    push_frames(*drain, 3);
    std::lock_guard lock(drain->mutex);
    EXPECT_TRUE(drain->keyframes[at]);
  }
  drain->expect_one_stream();
}

TEST_F(Renditions, FollowTheInputsSize) {
  make("160x120");
  const auto drain = join(0);
  push_frames(*drain, 3);
  EXPECT_EQ(groups()[0].rendition.height, 120u);
  set_caps("video/x-raw,format=I420,width=320,height=180,framerate=25/1");
  push_frames(*drain, 5);
  EXPECT_EQ(groups()[0].rendition.height, 90u);
  set_caps("video/x-raw,format=I420,width=80,height=60,framerate=25/1");
  push_frames(*drain, 5);
  EXPECT_EQ(groups()[0].rendition.height, 60u);
  set_caps("video/x-raw,format=I420,width=64,height=48,framerate=25/1");
  push_frames(*drain, 5);
  EXPECT_EQ(warnings.size(), 1u);  // told once
  drain->expect_one_stream();
}

TEST_F(Renditions, HalfTheFramesAreHalfTheFrames) {
  make("320x240,160x120/12");
  const auto all = join(0), half = join(1);
  for (int i = 0; i < 50; i++) {
    push_frames(*all, 1, all.get());
    // The second encoder leaves out what it has no time for, too.
    ASSERT_TRUE(eventually([&] { return half->count() + 4 >= all->count() / 2; }));
  }
  EXPECT_NEAR(static_cast<double>(half->count()), 24, 4);
  half->expect_one_stream();
}
