// The timestamps of an endless loop: each pass continues where the longest track of the one before
// ended, and all tracks of a pass are moved by the same time, so that they never drift apart
// (pure).
//
// Threads: any; every track has its own streaming thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace rtc {

using Nanoseconds = int64_t;

class LoopTimeline {
 public:
  // `start` is the time within a pass that counts as its beginning: the earliest first buffer.
  LoopTimeline(size_t tracks, Nanoseconds start) : start_(start), tracks_(tracks) {}

  // The time in the loop of a buffer that has `time` in its pass. Strictly rising within a track.
  Nanoseconds place(size_t track, std::optional<Nanoseconds> time,
                    std::optional<Nanoseconds> duration);

  // Begins the next pass; false when nothing came in the one that ended.
  bool next_pass();

 private:
  struct Track {
    std::optional<Nanoseconds> last;
    Nanoseconds end = 0;
    Nanoseconds step = 33'333'333;  // between the last two buffers, for a last one without duration
  };

  std::mutex mutex_;  // guards all below
  Nanoseconds start_;
  Nanoseconds offset_ = 0;
  std::vector<Track> tracks_;
};

}  // namespace rtc
