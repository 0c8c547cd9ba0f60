// Destroys what takes time to stop (webrtcbins, encoders) away from the threads that have work to
// do.
//
// Threads: reap() from any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "base/clock.hpp"

namespace rtc {

class Reaper {
 public:
  Reaper();
  // Waits for what is under way, at most ten seconds: what hangs by then is left behind with a
  // warning rather than hanging the application.
  ~Reaper();
  Reaper(const Reaper &) = delete;

  void reap(std::function<void()> task);
  // True when nothing is left.
  bool wait(milliseconds deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rtc
