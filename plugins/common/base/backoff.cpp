#include "base/backoff.hpp"

#include <algorithm>

namespace rtc {

milliseconds Backoff::next(double jitter) {
  const auto delay = next_;
  next_ = std::min(limit_, next_ * 2);
  return delay - milliseconds(static_cast<long>(delay.count() * 0.25 * std::clamp(jitter, 0., 1.)));
}

}  // namespace rtc
