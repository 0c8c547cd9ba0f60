// How the playback stands that a publisher lets us steer, and where its pictures are on the
// timeline when they come out here (pure).
//
// Threads: one at a time.
#pragma once

#include <optional>

#include "control/control_protocol.hpp"

namespace rtc {

class RemotePlayback {
 public:
  using Time = std::chrono::nanoseconds;

  // From `from` on, a running time, what comes out was recorded at `position`, and so on at `rate`.
  struct Timeline {
    Time from{0};
    Time position{0};
    double rate = 1;
    bool playing = true;

    Time at(Time running_time) const;
  };

  // The publisher told its state, now; what it sends meanwhile comes out after `delay`. True when
  // there is a new timeline: it does not go on as the one before did.
  bool told(const PlaybackState &state, Time now, Time delay);

  // Nothing before the first state, or without a timeline.
  const std::optional<PlaybackState> &state() const { return state_; }
  const std::optional<Timeline> &timeline() const { return timeline_; }
  // Of what comes out now: as long as that is what was sent before, of the timeline before. There
  // must be a timeline.
  Time position(Time now) const;
  bool seekable() const { return state_ && state_->seekable; }

 private:
  std::optional<PlaybackState> state_;
  std::optional<Timeline> timeline_, before_;
};

}  // namespace rtc
