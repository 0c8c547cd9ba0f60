// The rate at which packets arrive: R_hat of draft-ietf-rmcat-gcc-02 section 5.5, counted over a
// window of arrivals. While a queue stands on the path this is our share of the link, and the
// shorter the window the sooner it shows that the link shrank; so the window is the caller's. Pure;
// belongs to the congestion controller.
#pragma once

#include <deque>

#include "congestion/transport_feedback.hpp"

namespace rtc {

class AcknowledgedBitrate {
 public:
  void add(Duration arrival, size_t size);
  // What comes next does not continue what was: feedback is missing, or a clock was set.
  void restart() { arrivals_.clear(); }

  // None until enough was seen for it, or again after a restart.
  std::optional<Bitrate> over(Duration window) const;

 private:
  struct Arrival {
    Duration at;
    size_t size;
  };
  std::deque<Arrival> arrivals_;
};

}  // namespace rtc
