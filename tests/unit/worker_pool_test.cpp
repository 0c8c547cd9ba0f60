#include "media/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

using namespace rtc;

namespace {

struct Counting : WorkerPool::Job {
  std::atomic<int> runs{0};
  std::promise<void> done;
  Duration run() override {
    if (++runs == 1) done.set_value();
    return Duration::zero();
  }
};

struct Blocking : WorkerPool::Job {
  std::promise<void> started;
  std::shared_future<void> release;
  explicit Blocking(std::shared_future<void> until) : release(std::move(until)) {}
  Duration run() override {
    started.set_value();
    release.wait();
    return Duration::zero();
  }
};

}  // namespace

TEST(WorkerPool, RunsEveryJob) {
  WorkerPool pool(2);
  std::vector<std::shared_ptr<Counting>> jobs;
  std::vector<std::shared_ptr<WorkerPool::Job>> scheduled;
  for (int i = 0; i < 100; i++)
    scheduled.push_back(jobs.emplace_back(std::make_shared<Counting>()));
  pool.schedule(scheduled);
  for (auto &job : jobs) job->done.get_future().wait();
  for (auto &job : jobs) EXPECT_EQ(job->runs, 1);
}

TEST(WorkerPool, StuckJobsDoNotHoldUpOthers) {
  std::promise<void> release;
  auto until = release.get_future().share();
  WorkerPool pool(2);
  for (int i = 0; i < 5; i++) {
    auto stuck = std::make_shared<Blocking>(until);
    auto started = stuck->started.get_future();
    pool.schedule({stuck});
    // Scheduling is what replaces a stuck worker, as every frame does.
    while (started.wait_for(milliseconds(5)) != std::future_status::ready) pool.schedule({});
  }
  auto job = std::make_shared<Counting>();
  auto done = job->done.get_future();
  pool.schedule({job});
  while (done.wait_for(milliseconds(5)) != std::future_status::ready) pool.schedule({});
  EXPECT_EQ(job->runs, 1);
  release.set_value();
}

TEST(WorkerPool, RunsAJobAgainLaterWhenItAsks) {
  struct Repeating : WorkerPool::Job {
    std::promise<void> done;
    std::atomic<int> runs{0};
    Duration run() override {
      if (++runs < 5) return milliseconds(1);
      done.set_value();
      return Duration::zero();
    }
  };
  WorkerPool pool(2);
  auto job = std::make_shared<Repeating>();
  pool.schedule({job});
  job->done.get_future().wait();
  EXPECT_EQ(job->runs, 5);
}

TEST(WorkerPool, EndsWithJobsQueued) {
  std::promise<void> release;
  auto until = release.get_future().share();
  auto stuck = std::make_shared<Blocking>(until);
  auto started = stuck->started.get_future();
  {
    WorkerPool pool(1);
    pool.schedule({stuck, std::make_shared<Counting>(), std::make_shared<Counting>()});
    started.wait();
    release.set_value();
  }
  SUCCEED();
}
