#include "media/worker_pool.hpp"

#include <pthread.h>

#include <algorithm>

namespace rtc {

namespace {
constexpr size_t max_workers = 64;
}  // namespace

WorkerPool::WorkerPool(unsigned threads) : wanted_(std::max(1u, threads)) {
  std::lock_guard lock(mutex_);
  for (unsigned i = 0; i < wanted_; i++) start_worker();
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
    later_.clear();
  }
  wake_.notify_all();
  for (auto &worker : workers_) worker->thread.join();
}

void WorkerPool::schedule(const std::vector<std::shared_ptr<Job>> &jobs) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.insert(jobs_.end(), jobs.begin(), jobs.end());
    replace_stuck(Clock::now());
  }
  if (jobs.size() == 1)
    wake_.notify_one();
  else
    wake_.notify_all();
}

void WorkerPool::start_worker() {
  workers_.push_back(std::make_unique<Worker>());
  auto &worker = *workers_.back();
  worker.thread = std::thread([this, &worker] {
    pthread_setname_np(pthread_self(), "rtc-fanout");
    work(worker);
  });
}

void WorkerPool::replace_stuck(TimePoint now) {
  std::erase_if(workers_, [](const auto &worker) {
    if (worker->retired) worker->thread.join();
    return worker->retired;
  });
  const auto stuck =
      std::count_if(workers_.begin(), workers_.end(), [&](const auto &w) { return w->stuck(now); });
  while (workers_.size() < wanted_ + static_cast<size_t>(stuck) && workers_.size() < max_workers)
    start_worker();
}

bool WorkerPool::surplus(TimePoint now) const {
  const auto able = std::count_if(workers_.begin(), workers_.end(),
                                  [&](const auto &w) { return !w->retired && !w->stuck(now); });
  return static_cast<size_t>(able) > wanted_;
}

void WorkerPool::wait_for_job(std::unique_lock<std::mutex> &lock) {
  while (!stopping_) {
    const auto now = Clock::now();
    while (!later_.empty() && later_.begin()->first <= now) {
      jobs_.push_back(std::move(later_.begin()->second));
      later_.erase(later_.begin());
    }
    if (!jobs_.empty()) return;
    if (later_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto due = later_.begin()->first;  // a copy: another worker may take the entry meanwhile
    wake_.wait_until(lock, due);
  }
}

void WorkerPool::work(Worker &self) {
  std::unique_lock lock(mutex_);
  while (true) {
    wait_for_job(lock);
    if (stopping_) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    self.busy = true;
    self.busy_since = Clock::now();
    lock.unlock();
    const auto again = job->run();
    if (again == Duration::zero()) job.reset();
    lock.lock();
    self.busy = false;
    if (job) later_.emplace(Clock::now() + again, std::move(job));
    if (stopping_ || !surplus(Clock::now())) continue;
    self.retired = true;
    return;
  }
}

}  // namespace rtc
