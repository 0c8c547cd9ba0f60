// The rate of a counter that grows, over the last second or more (pure).
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace rtc {

class RateMeter {
 public:
  // Bits per second, once it has been known for a second.
  std::optional<double> update(uint64_t bytes, TimePoint now) {
    if (!since_) {
      since_ = now;
      bytes_ = bytes;
    }
    const auto time = std::chrono::duration<double>(now - *since_).count();
    if (time < 1) return rate_;
    rate_ = static_cast<double>(bytes - bytes_) * 8 / time;
    since_ = now;
    bytes_ = bytes;
    return rate_;
  }

 private:
  std::optional<TimePoint> since_;
  uint64_t bytes_ = 0;
  std::optional<double> rate_;
};

}  // namespace rtc
