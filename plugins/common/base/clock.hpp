// Time as the pure parts see it: they are given `now`, they never ask.
#pragma once

#include <chrono>

namespace rtc {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace rtc
