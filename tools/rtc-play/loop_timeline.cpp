#include "loop_timeline.hpp"

#include <algorithm>
#include <utility>

namespace rtc {

Nanoseconds LoopTimeline::place(size_t index, std::optional<Nanoseconds> time,
                                std::optional<Nanoseconds> duration) {
  std::lock_guard lock(mutex_);
  auto &track = tracks_[index];
  auto placed = time ? offset_ + *time - start_ : std::max(track.end, offset_);
  placed = std::max(placed, track.last ? *track.last + 1 : 0);
  // The step over the border of two passes says nothing about the length of a buffer.
  if (track.last && *track.last >= offset_ && placed - *track.last > 1)
    track.step = placed - *track.last;
  track.last = placed;
  track.end = placed + (duration && *duration > 0 ? *duration : track.step);
  return placed;
}

bool LoopTimeline::next_pass() {
  std::lock_guard lock(mutex_);
  auto end = offset_;
  for (const auto &track : tracks_) end = std::max(end, track.end);
  return std::exchange(offset_, end) != end;
}

}  // namespace rtc
