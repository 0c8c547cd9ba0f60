// A recording that one peer watches alone, with tracks and a timeline of its own. All sessions of
// the peer have the same one, so that a session that takes another one's place goes on where that
// one was; it ends with the last of them.
//
// Threads: the event loop.
#pragma once

#include <memory>
#include <vector>

#include "media/input.hpp"

namespace rtc {

class Showing {
 public:
  virtual ~Showing() = default;
  // Everything there is, once it is ready.
  virtual const std::vector<std::shared_ptr<Input>> &inputs() const = 0;
  virtual bool ready() const = 0;
  // The peer sees it now: it plays, unless it did before. Group time begins at `base_time`.
  virtual void begin(const Ref<GstClock> &clock, GstClockTime base_time) = 0;
};

}  // namespace rtc
