// How fast viewers who have just come are sent what they missed, the frames since the last
// keyframe: all of them together. Many that come at once would fill the machine with that while
// others still connect, and overflow each other's sockets.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <mutex>

#include "base/clock.hpp"

namespace rtc {

class CatchUp {
 public:
  // One of them has sent so many packets; after that time, which is 200 ms at most, it may send as
  // many again.
  Duration sent(size_t packets, TimePoint now);

 private:
  std::mutex mutex_;
  TimePoint free_{};
};

}  // namespace rtc
