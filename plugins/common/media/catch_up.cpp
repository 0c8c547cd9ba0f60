#include "media/catch_up.hpp"

#include <algorithm>

namespace rtc {

namespace {
// Some tenth of a core to send and to receive; 96 viewers with 2.5 s of 1.7 Mbit/s take 2 s.
constexpr auto packet_time = std::chrono::microseconds(50);
// However many there are, to catch up must be faster than what is caught up with.
constexpr auto longest_wait = milliseconds(200);
}  // namespace

Duration CatchUp::sent(size_t packets, TimePoint now) {
  std::lock_guard lock(mutex_);
  free_ = std::min<TimePoint>(std::max(free_, now) + packets * packet_time, now + longest_wait);
  return free_ - now;
}

}  // namespace rtc
