// Probes a path with packets that were sent already: they leave again as retransmissions (RFC
// 4588), at the rate of the probe. Every receiver that takes retransmissions drops what it has, and
// no sequence number of the media is spent; without retransmission there are no probes.
//
// Threads: the event loop.
#pragma once

#include <functional>

#include "base/event_loop.hpp"
#include "congestion/probe_pacing.hpp"

namespace rtc {

class ProbeRun {
 public:
  // `repeat` sends one packet again and tells its size on the path; 0: there is none.
  ProbeRun(EventLoop &loop, std::function<size_t()> repeat)
      : loop_(loop), repeat_(std::move(repeat)) {}

  void start(const Probe &probe, TimePoint now);
  void mark(TransportFeedback &feedback) const { pacing_.mark(feedback); }

 private:
  void step();

  EventLoop &loop_;
  const std::function<size_t()> repeat_;
  ProbePacing pacing_;
  Timer timer_;
};

}  // namespace rtc
