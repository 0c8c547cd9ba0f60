// A few threads that push media to many viewers: a job is run by one thread at a time, and jobs
// waiting behind a blocked one are taken by another thread, so that no viewer waits for a stuck
// one.
//
// Threads: everything may be called from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"

namespace rtc {

class WorkerPool {
 public:
  class Job {
   public:
    virtual ~Job() = default;
    // Returns when it wants to be run again, zero for not by itself.
    virtual Duration run() = 0;
  };

  explicit WorkerPool(unsigned threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool &) = delete;

  void schedule(const std::vector<std::shared_ptr<Job>> &jobs);

 private:
  struct Worker {
    std::thread thread;
    TimePoint busy_since;
    bool busy = false;
    bool retired = false;  // ended, to be joined

    // A push to a viewer takes microseconds; one that takes this long is stuck and gets a
    // substitute.
    bool stuck(TimePoint now) const { return busy && now - busy_since > milliseconds(50); }
  };

  void work(Worker &self);
  void wait_for_job(std::unique_lock<std::mutex> &lock);
  void start_worker();
  void replace_stuck(TimePoint now);
  // More threads work than are wanted: one that was stuck is back.
  bool surplus(TimePoint now) const;

  std::mutex mutex_;  // guards everything below
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> jobs_;
  std::multimap<TimePoint, std::shared_ptr<Job>> later_;
  std::vector<std::unique_ptr<Worker>> workers_;
  unsigned wanted_;
  bool stopping_ = false;
};

}  // namespace rtc
