#include "base/reaper.hpp"

#include <glib.h>

#include "base/log.hpp"

namespace rtc {

namespace {
constexpr int threads = 4;
}

// Shared with the threads: one that hangs may outlive the Reaper.
struct Reaper::State {
  std::mutex mutex;  // guards pending
  std::condition_variable changed;
  size_t pending = 0;
  GThreadPool *pool = nullptr;
};

namespace {
struct Job {
  std::shared_ptr<void> keep_alive;
  std::function<void()> run;
};
}  // namespace

Reaper::Reaper() : state_(std::make_shared<State>()) {
  state_->pool = g_thread_pool_new(
      [](gpointer data, gpointer) {
        const std::unique_ptr<Job> job(static_cast<Job *>(data));
        job->run();
      },
      nullptr, threads, FALSE, nullptr);
}

Reaper::~Reaper() {
  const bool done = wait(seconds(10));
  if (!done)
    RTC_WARNING("%zu sessions did not stop within 10 s and are left behind", state_->pending);
  g_thread_pool_free(state_->pool, FALSE, done);
}

void Reaper::reap(std::function<void()> task) {
  {
    std::lock_guard lock(state_->mutex);
    state_->pending++;
  }
  auto run = [state = state_, task = std::move(task)]() mutable {
    task();
    task = nullptr;  // what it captured goes before it counts as done
    std::lock_guard lock(state->mutex);
    state->pending--;
    state->changed.notify_all();
  };
  g_thread_pool_push(state_->pool, new Job{state_, std::move(run)}, nullptr);
}

bool Reaper::wait(milliseconds deadline) {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, deadline, [this] { return state_->pending == 0; });
}

}  // namespace rtc
