// How long the queue on the path is, and whose. The draft looks at the slope of the delay only:
// after a drop of the link it leaves a full queue standing and drains it with the 15 % it went
// below the link, which takes seconds. Here the shortest one-way delay of the last minute is taken
// for the empty path, so that the standing queue is known: after a decrease the rate stays lower by
// a further part until the queue is gone. A queue that does not go although we went down belongs to
// another, loss-based flow (the idea of Copa, NSDI 2018, section 4.2): beside that one every
// decrease only gives the link away. Pure; belongs to the congestion controller.
#pragma once

#include <deque>

#include "congestion/transport_feedback.hpp"

namespace rtc {

class QueueWatch {
 public:
  void add(TimePoint sent, Duration arrival, TimePoint now);
  // The target was lowered because the delay grew.
  void decreased(TimePoint now);

  // The least delay of the last moments above the least there was. Jitter does not lengthen it.
  Duration standing() const { return standing_; }
  bool empty() const { return standing_ < empty_below; }
  // By this the target is multiplied until the queue we made is gone.
  double drain(TimePoint now) const;
  // Another flow keeps the queue.
  bool competing() const { return competing_; }
  // The queue is about as long as it gets: what is lost now is lost for want of room.
  bool full() const { return standing_ > full_above && standing_ > longest_ * 3 / 4; }

 private:
  struct Sample {
    TimePoint at;
    Duration delay;  // on two clocks: only differences mean anything
  };
  void judge(TimePoint now);
  void rebase(Duration delay, TimePoint now);

  static constexpr Duration empty_below = milliseconds(25);
  static constexpr Duration full_above = milliseconds(60);

  std::deque<Sample> recent_;  // ascending delay
  std::deque<Sample> base_;    // ascending delay
  Duration standing_{0};
  std::optional<TimePoint> stood_since_;  // not empty since
  Duration shortest_{0}, longest_{0};     // queue since then
  int decreases_ = 0;
  std::optional<TimePoint> draining_since_;
  bool competing_ = false;
};

}  // namespace rtc
