// One thread with a GMainContext: the thread that owns the sessions of an element or a server.
//
// Threads: post() and call() may be used from any thread, everything else on the loop only.
// The context is the thread-default one of the loop's thread, so GIO and libsoup objects made there
// call back there.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "base/clock.hpp"
#include "base/ref.hpp"

namespace rtc {

// Runs its function once, or never when destroyed first. Made and destroyed on the loop.
class Timer {
 public:
  Timer() = default;
  explicit Timer(Ref<GSource> source) : source_(std::move(source)) {}
  Timer(Timer &&) = default;
  Timer &operator=(Timer &&other) noexcept {
    cancel();
    source_ = std::move(other.source_);
    return *this;
  }
  ~Timer() { cancel(); }

  void cancel();
  bool active() const { return source_ && !g_source_is_destroyed(source_.get()); }

 private:
  Ref<GSource> source_;
};

class EventLoop {
 public:
  explicit EventLoop(const char *thread_name);
  // Runs what was posted before, then ends the thread. Not to be called on the loop itself.
  ~EventLoop();
  EventLoop(const EventLoop &) = delete;

  void post(std::function<void()> task);
  // Runs `task` on the loop and waits for it; at once when already there.
  void call(const std::function<void()> &task);
  bool is_current() const { return std::this_thread::get_id() == thread_.get_id(); }
  GMainContext *context() const { return context_.get(); }

  Timer after(milliseconds delay, std::function<void()> task);
  // Repeats until the timer is destroyed. A period of whole seconds may begin up to a second late,
  // so that a thousand such timers wake the loop once.
  Timer every(milliseconds period, std::function<void()> task);

 private:
  struct Timers;

  Timer attach(milliseconds delay, bool repeat, std::function<void()> task);

  std::shared_ptr<Timers> timers_;

  Ref<GMainContext> context_;
  Ref<GMainLoop> loop_;
  std::thread thread_;
};

// A task that does nothing once `owner` is gone; for callbacks from other threads.
template <typename T, typename F>
auto if_alive(std::weak_ptr<T> owner, F task) {
  return [owner = std::move(owner), task = std::move(task)](auto &&...args) mutable {
    if (auto self = owner.lock()) task(*self, std::forward<decltype(args)>(args)...);
  };
}

}  // namespace rtc
