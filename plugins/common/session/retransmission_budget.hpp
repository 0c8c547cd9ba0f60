// How much may be sent again. A congested path loses packets because there are too many of them;
// sending each again that is asked for fills it until nothing else gets through. The last keyframe
// comes first: without it there is no picture, and with it nobody needs what was before.
//
// Threads: any.
#pragma once

#include <gst/gst.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"

namespace rtc {

class RetransmissionBudget {
 public:
  static constexpr auto usual_burst = milliseconds(250);
  // Bits per second from now on, how long a packet takes to arrive and be asked for again, and how
  // much of the rate may be saved up; without it there is no limit.
  void limit(double rate, Duration round_trip, Duration burst = usual_burst);
  // A keyframe leaves, in `packets` packets from `first` on.
  void keyframe(guint ssrc, uint16_t first, size_t packets, TimePoint now);
  // Whether that packet may be sent again.
  bool take(guint ssrc, uint16_t sequence, TimePoint now);

  // Holds the requests that reach an rtprtxsend to the budget.
  static void watch(GstElement *rtprtxsend, const std::shared_ptr<RetransmissionBudget> &budget);

 private:
  struct Keyframe {
    uint16_t first = 0;
    TimePoint left{};
    std::vector<std::optional<TimePoint>> repeated;  // when each of its packets was, last
  };

  double saved_locked(double seconds) const;
  void fill_locked(TimePoint now);
  bool repeat_locked(std::optional<TimePoint> &repeated, TimePoint now);

  std::mutex mutex_;                     // guards everything below
  std::map<guint, Keyframe> keyframes_;  // the last one of each SSRC
  std::optional<double> rate_;
  Duration round_trip_{0};
  double burst_ = 0;   // seconds that may be saved up
  double tokens_ = 0;  // bits
  std::optional<TimePoint> filled_;
};

}  // namespace rtc
