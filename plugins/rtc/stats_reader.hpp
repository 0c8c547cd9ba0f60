// Reads an element's statistics from an application's thread: asks on the loop and waits, for a
// second at most; on the loop itself, or when time is up, the last statistics are returned.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "base/event_loop.hpp"
#include "base/ref.hpp"

namespace rtc {

class StatsReader {
 public:
  // Called on the loop; gives the statistics to `done`, now or later.
  using Gather = std::function<void(std::function<void(StructurePtr)> done)>;

  StructurePtr read(EventLoop *loop, Gather gather);

 private:
  // Shared with answers that may come after a reader gave up.
  struct State {
    std::mutex mutex;  // guards both
    std::condition_variable changed;
    StructurePtr last;
    unsigned answers = 0;
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace rtc
