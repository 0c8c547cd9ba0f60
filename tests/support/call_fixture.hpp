// What the tests of calls share: what a peer sends and hears, and a server for each test.
#pragma once

#include <cmath>

#include "support/pipeline.hpp"
#include "support/server_fixture.hpp"

namespace rtc::test {

inline std::string tone(unsigned frequency) {
  return " audiotestsrc is-live=true samplesperbuffer=480 freq=" + std::to_string(frequency) +
         " ! audio/x-raw,rate=48000,channels=1 ! p. ";
}
constexpr auto picture =
    " videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 ! p. ";
constexpr auto hears =
    " p.audio_src_0 ! audioconvert ! audioresample ! "
    "audio/x-raw,format=S16LE,rate=48000,channels=1 ! fakesink name=ear sync=false ";
constexpr auto sees = " p.video_src_0 ! fakesink name=eye sync=false ";

// The frequency of the tone that comes to a sink, by its zero crossings in the last tenth of a
// second.
class Ear {
 public:
  explicit Ear(const Pipeline &pipeline)
      : probe_(pipeline.pad("ear").get(), GST_PAD_PROBE_TYPE_BUFFER,
               [this](GstPadProbeInfo *info) { hear(GST_PAD_PROBE_INFO_BUFFER(info)); }) {}
  bool hears(int frequency) {
    return eventually([&] { return std::abs(frequency_ - frequency) < frequency / 10; });
  }

 private:
  void hear(GstBuffer *buffer) {
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_READ);
    const auto *samples = reinterpret_cast<const gint16 *>(map.data);
    for (size_t i = 0; i < map.size / 2; i++) {
      crossings_ += std::exchange(positive_, samples[i] >= 0) != positive_;
      if (++samples_ < 4800) continue;
      frequency_ = std::exchange(crossings_, 0) * 5;
      samples_ = 0;
    }
    gst_buffer_unmap(buffer, &map);
    Changes::get().change();
  }

  bool positive_ = false;
  int crossings_ = 0, samples_ = 0;
  std::atomic<int> frequency_{0};
  PadProbe probe_;
};

class Call : public ServerFixture {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }
  void SetUp() override { start(); }

  std::string uri() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/"; }
  // The description of a peer with that name and what it is linked to.
  std::string peer(const std::string &name, const std::string &rest,
                   const std::string &properties = "") const {
    return "rtcpeer name=p stream=" + name + " uri=" + uri() + " " + properties + " " + rest;
  }
  // Of two that hear each other.
  std::string door(const std::string &properties = "") const {
    return peer("door", tone(400) + hears, properties);
  }
  std::string desk(const std::string &properties = "") const {
    return peer("desk", tone(1000) + hears, "peer=door " + properties);
  }
  // It can be called.
  static void wait_ready(Pipeline &peer) { ASSERT_TRUE(peer.wait_message("rtc-ready")); }

  // From the feedback of the other side.
  static bool knows_its_path(const Pipeline &pipeline) {
    GstStructure *stats = nullptr;
    g_object_get(pipeline.element("p").get(), "stats", &stats, nullptr);
    const StructurePtr owned(stats);
    const CharPtr text(gst_structure_to_string(stats));
    return std::string(text.get()).find("availableOutgoingBitrate") != std::string::npos;
  }
  static bool act(const Pipeline &pipeline, const char *signal) {
    gboolean done = FALSE;
    g_signal_emit_by_name(pipeline.element("p").get(), signal, &done);
    return done;
  }
  template <typename... Args>
  static bool act(const Pipeline &pipeline, const char *signal, Args... args) {
    gboolean done = FALSE;
    g_signal_emit_by_name(pipeline.element("p").get(), signal, args..., &done);
    return done;
  }
};

}  // namespace rtc::test
