// Sends a probe at its rate and knows its packets again in the feedback: what left while it was
// being sent is part of it, media too, since the link carried all of it. Pure; whoever owns it
// sends a packet whenever one is due.
#pragma once

#include <deque>

#include "congestion/prober.hpp"

namespace rtc {

class ProbePacing {
 public:
  void begin(const Probe &probe, TimePoint now);
  // Another packet is to leave now.
  bool due(TimePoint now);
  void sent(size_t size, TimePoint now);
  // Nothing more of it can be sent.
  void give_up() { probe_.reset(); }
  bool active() const { return probe_.has_value(); }

  // Tells the packets of probes by the time they were sent.
  void mark(TransportFeedback &feedback) const;

 private:
  struct Window {
    int cluster;
    TimePoint from, to;
  };

  std::optional<Probe> probe_;
  TimePoint began_, paced_from_;
  size_t bytes_ = 0;
  int packets_ = 0;
  std::deque<Window> windows_;
};

}  // namespace rtc
