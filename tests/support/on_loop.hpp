// An object that lives on an event loop, and a place where the loop leaves what a test waits for.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "base/event_loop.hpp"
#include "support/deadline.hpp"

namespace rtc::test {

// Made by `make` on the loop and destroyed there.
template <typename T>
class OnLoop {
 public:
  OnLoop(EventLoop &loop, const std::function<std::unique_ptr<T>()> &make) : loop_(loop) {
    loop_.call([&] { object_ = make(); });
  }
  ~OnLoop() { reset(); }
  OnLoop(const OnLoop &) = delete;
  void reset() {
    loop_.call([&] { object_.reset(); });
  }
  T *get() const { return object_.get(); }
  template <typename F>
  void call(F f) {
    loop_.call([&] { f(*object_); });
  }

 private:
  EventLoop &loop_;
  std::unique_ptr<T> object_;
};

// A state that one thread changes and another waits for.
template <typename T>
class Watched {
 public:
  template <typename F>
  void change(F f) {
    std::lock_guard lock(mutex_);
    f(state_);
    changed_.notify_all();
  }
  // True as soon as `wanted` holds; false after a generous deadline.
  template <typename F>
  bool wait(F wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, deadline, [&] { return wanted(state_); });
  }
  T read() {
    std::lock_guard lock(mutex_);
    return state_;
  }

 private:
  std::mutex mutex_;  // guards state_
  std::condition_variable changed_;
  T state_;
};

}  // namespace rtc::test
