// A recording whose picture tells where it plays: black in its first half, white in the second.
#pragma once

#include <filesystem>

#include "support/pipeline.hpp"

namespace rtc::test {

// A film of 20 s is white by itself after 10 of them. (Under a sanitizer that is not told apart.)
constexpr auto before_it_plays_there = std::chrono::milliseconds(deadline) / 4;

class Film {
 public:
  // `seconds` of video in 320x240 at 30 frames per second, and sound.
  explicit Film(unsigned seconds) {
    char name[] = "/tmp/rtc-film-XXXXXX";
    folder_ = mkdtemp(name);
    const auto half = std::to_string(seconds * 15);
    const std::string size = "video/x-raw,width=320,height=240,framerate=30/1";
    Pipeline recording(
        "videotestsrc pattern=black num-buffers=" + half + " ! " + size +
        " ! c. videotestsrc pattern=white num-buffers=" + half + " ! " + size +
        " ! c. concat name=c ! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=30 ! queue ! m. "
        "audiotestsrc num-buffers=" +
        std::to_string(seconds * 50) +
        " samplesperbuffer=960 ! audio/x-raw,rate=48000 ! opusenc ! queue ! m. "
        "webmmux name=m ! filesink location=" +
        path());
    recording.play();
    EXPECT_TRUE(recording.wait_eos(deadline * 3)) << recording.error();
  }
  ~Film() { std::filesystem::remove_all(folder_); }
  Film(const Film &) = delete;

  std::string path() const { return folder_ + "/film.webm"; }

 private:
  std::string folder_;
};

// How bright the last picture of raw video was that came to an element, 0 to 255.
class Brightness {
 public:
  Brightness(const Pipeline &pipeline, const char *element)
      : probe_(pipeline.pad(element).get(), GST_PAD_PROBE_TYPE_BUFFER,
               [this](GstPadProbeInfo *info) { see(GST_PAD_PROBE_INFO_BUFFER(info)); }) {}

  bool is_black() const { return count_ > 0 && value_ < 64; }
  bool is_white() const { return count_ > 0 && value_ > 192; }
  unsigned count() const { return count_; }

 private:
  void see(GstBuffer *picture) {
    GstMapInfo map;
    if (gst_buffer_map(picture, &map, GST_MAP_READ)) {
      // The first plane is luminance.
      value_ = map.data[map.size / 3];
      count_++;
      gst_buffer_unmap(picture, &map);
    }
    Changes::get().change();
  }

  std::atomic<int> value_{0};
  std::atomic<unsigned> count_{0};
  PadProbe probe_;
};

}  // namespace rtc::test
