// Exponential back-off with jitter for reconnecting (pure).
#pragma once

#include "base/clock.hpp"

namespace rtc {

class Backoff {
 public:
  Backoff(milliseconds first, milliseconds limit) : first_(first), limit_(limit), next_(first) {}

  // The delay before the next try; doubles up to the limit. `jitter` in [0, 1) takes away up to a
  // quarter of it, so that many clients of one server do not come back in the same instant.
  milliseconds next(double jitter);
  void reset() { next_ = first_; }

 private:
  milliseconds first_;
  milliseconds limit_;
  milliseconds next_;
};

}  // namespace rtc
