// How much may be sent again. A congested path loses packets because there are too many of them;
// sending each again that is asked for fills it until nothing else gets through.
//
// Threads: any.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.hpp"

namespace rtc {

class RetransmissionBudget {
 public:
  // Bits per second from now on; without it there is no limit.
  void limit(double rate);
  // Whether another packet may be sent again.
  bool take(TimePoint now);

  // Holds the requests that reach an rtprtxsend to the budget.
  static void watch(GstElement *rtprtxsend, const std::shared_ptr<RetransmissionBudget> &budget);

 private:
  std::mutex mutex_;  // guards everything below
  std::optional<double> rate_;
  double tokens_ = 0;  // bits
  std::optional<TimePoint> filled_;
};

}  // namespace rtc
