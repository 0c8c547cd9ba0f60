// A short encoded recording, held in memory and played in real time, over and over, without a gap
// in its timestamps: the same input for every publisher that is compared.
#pragma once

#include <gst/app/app.h>
#include <gst/gst.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/ref.hpp"

namespace rtc::bench {

struct Clip {
  Ref<GstCaps> caps;
  std::vector<Ref<GstBuffer>> frames;  // PTS from 0 on
  GstClockTime duration = 0;
  size_t bytes = 0;

  double bitrate() const {
    return 8e9 * static_cast<double>(bytes) / static_cast<double>(duration);
  }
};

// The file every run uses unless another is named: VP8, 1280x720, 30 frames and 1.66 Mbit per
// second. Made when it is not in the user's cache yet, which takes some seconds.
Result<std::string> standard_clip();

// Reads the first video track of a WebM or Matroska file.
Result<Clip> read_clip(const std::string &file);

// Feeds a live appsrc from a thread of its own as long as it lives.
class ClipPlayer {
 public:
  ClipPlayer(Clip clip, GstAppSrc *source);
  ~ClipPlayer();
  ClipPlayer(const ClipPlayer &) = delete;

 private:
  void play();

  const Clip clip_;
  const Ref<GstAppSrc> source_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace rtc::bench
