// Echo cancellation of rtcpeer: at one end a loudspeaker stands before the microphone, and the
// other end listens for what it said itself.

#include <gst/app/app.h>

#include <cmath>

#include "support/pipeline.hpp"
#include "support/server_fixture.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

constexpr auto voice =
    " audiotestsrc name=voice is-live=true samplesperbuffer=480 wave=pink-noise volume=0.4 ! "
    "audio/x-raw,rate=48000,channels=1 ! p. ";
constexpr auto ear =
    " p.audio_src_0 ! audioconvert name=in ! audioresample ! audio/x-raw,format=S16LE,rate=48000,"
    "channels=1 ! fakesink name=ear sync=true signal-handoffs=true ";
// What the air brings: half as loud, and 20 ms later.
constexpr auto microphone =
    " appsrc name=microphone is-live=true format=time do-timestamp=true "
    "caps=audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved ! "
    "queue min-threshold-time=20000000 ! volume volume=0.5 ! p. ";

// Calls back with each buffer that is heard.
void on_heard(const Pipeline &pipeline, void (*call)(GstElement *, GstBuffer *, GstPad *, gpointer),
              gpointer data) {
  g_signal_connect(pipeline.element("ear").get(), "handoff", G_CALLBACK(call), data);
}

// The loudest of the last tenths of a second, in dB under full scale.
class Level {
 public:
  explicit Level(const Pipeline &pipeline) { on_heard(pipeline, heard, this); }
  double value() const { return level_; }
  unsigned tenths() const { return tenths_; }

 private:
  static void heard(GstElement *, GstBuffer *buffer, GstPad *, gpointer data) {
    auto *self = static_cast<Level *>(data);
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_READ);
    const auto *samples = reinterpret_cast<const gint16 *>(map.data);
    for (size_t i = 0; i < map.size / 2; i++) {
      self->sum_ += std::pow(samples[i] / 32768., 2);
      if (++self->samples_ < 4800) continue;
      self->level_ = 10 * std::log10(std::exchange(self->sum_, 0) / 4800 + 1e-10);
      self->samples_ = 0;
      self->tenths_++;
    }
    gst_buffer_unmap(buffer, &map);
    Changes::get().change();
  }

  double sum_ = 0;
  unsigned samples_ = 0;
  std::atomic<double> level_{-100};
  std::atomic<unsigned> tenths_{0};
};

class Echo : public ServerFixture {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }
  void SetUp() override {
    if (!adopt(gst_element_factory_find("webrtcdsp"))) GTEST_SKIP() << "webrtcdsp is missing";
    start();
  }
  std::string peer(const std::string &rest) const {
    return "rtcpeer name=p uri=ws://127.0.0.1:" + std::to_string(port_) + "/ " + rest;
  }
};

// Somebody who talks, and who may hear himself.
struct Talk {
  Talk(const std::string &talker_description, const std::string &room_description)
      : talker(talker_description), room(room_description) {
    if (room.element("microphone") && room.element("ear"))
      on_heard(room, echo, room.element("microphone").get());
  }
  static void echo(GstElement *, GstBuffer *buffer, GstPad *, gpointer microphone) {
    const auto air = adopt(gst_buffer_copy_deep(buffer));
    GST_BUFFER_PTS(air.get()) = GST_BUFFER_DTS(air.get()) = GST_CLOCK_TIME_NONE;
    gst_app_src_push_buffer(GST_APP_SRC(microphone), gst_buffer_ref(air.get()));
  }
  void begin() {
    talker.play();
    ASSERT_TRUE(talker.wait_message("rtc-ready"));
    room.play();
    ASSERT_TRUE(eventually([&] { return level.tenths() > 5; }));
  }
  // The mean level of a second, after that many.
  double listen(unsigned seconds) {
    const auto from = level.tenths() + seconds * 10;
    EXPECT_TRUE(eventually([&] { return level.tenths() >= from; }));
    double sum = 0;
    for (unsigned i = 0; i < 10; i++) {
      const auto before = level.tenths();
      EXPECT_TRUE(eventually([&] { return level.tenths() > before; }));
      sum += level.value();
    }
    return sum / 10;
  }

  Pipeline talker, room;
  Level level{talker};
};

void link(GstElement *, GstPad *pad, Pipeline *pipeline) {
  const auto in = adopt(gst_element_get_static_pad(pipeline->element("in").get(), "sink"));
  gst_pad_link(pad, in.get());
}

TEST_F(Echo, IsTakenOut) {
  Talk plain(peer(std::string("stream=plain ") + voice + ear),
             peer(std::string("stream=a peer=plain ") + microphone + ear));
  plain.begin();
  const auto echo = plain.listen(1);
  plain.talker.stop();
  Talk talk(peer(std::string("stream=talker on-end=wait ") + voice + ear),
            peer(std::string("stream=b peer=talker echo-cancellation=true ") + microphone + ear));
  talk.begin();
  const auto left = talk.listen(4);
  EXPECT_GT(echo, -45);
  EXPECT_LT(left, echo - 8);
  std::printf("echo %.1f dB, with cancellation %.1f dB\n", echo, left);

  // A launch line links a pad once.
  g_signal_connect(talk.room.element("p").get(), "pad-added", G_CALLBACK(link), &talk.room);
  talk.room.set_state(GST_STATE_READY);
  talk.room.play();
  EXPECT_LT(talk.listen(5), echo - 8) << "a second run";
}

TEST_F(Echo, LeavesWhatIsSaidHere) {
  Talk talk(peer(std::string("stream=listener ") + voice + ear),
            peer(std::string("stream=b peer=listener echo-cancellation=true audiotestsrc "
                             "is-live=true samplesperbuffer=480 volume=0.4 freq=1000 ! "
                             "audio/x-raw,rate=48000,channels=2 ! p. ") +
                 ear));
  g_object_set(talk.talker.element("voice").get(), "volume", 0., nullptr);
  talk.begin();
  EXPECT_GT(talk.listen(1), -20);
}

TEST_F(Echo, NeedsRawSound) {
  Talk talk(peer(std::string("stream=talker ") + voice + ear),
            peer(std::string("stream=b peer=talker echo-cancellation=true ") + microphone +
                 " p.audio_src_0 ! audio/x-opus ! fakesink "));
  talk.talker.play();
  ASSERT_TRUE(talk.talker.wait_message("rtc-ready"));
  talk.room.play();
  ASSERT_TRUE(eventually([&] { return !talk.room.warnings().empty(); }));
  EXPECT_NE(talk.room.warnings().front().find("takes encoded sound only"), std::string::npos);
}

}  // namespace
