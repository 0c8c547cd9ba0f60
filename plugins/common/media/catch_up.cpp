#include "media/catch_up.hpp"

#include <algorithm>

namespace rtc {

namespace {
// 200 Mbit/s, which takes some tenth of a core.
constexpr auto packet_time = std::chrono::microseconds(50);
// Who comes later does not wait for all that did not keep to it.
constexpr auto longest_wait = milliseconds(200);
}  // namespace

Duration CatchUp::sent(size_t packets, TimePoint now) {
  std::lock_guard lock(mutex_);
  free_ = std::min<TimePoint>(std::max(free_, now) + packets * packet_time, now + longest_wait);
  return free_ - now;
}

}  // namespace rtc
