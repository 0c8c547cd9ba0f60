#include "pacer.hpp"

#include <algorithm>

namespace rtc {

namespace {
constexpr size_t most_entries = 4096;
constexpr size_t most_bytes = 4 * 1024 * 1024;
// What waits is to be gone in this time, whatever the rate.
constexpr double longest = 0.25;
// So much may leave at once, for what is not taken in time.
constexpr auto burst = milliseconds(5);
}  // namespace

bool Pacer::add(Ref<GstMiniObject> item, size_t bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return flushing_ || (entries_.size() < most_entries && bytes_ < most_bytes);
  });
  if (flushing_) return false;
  entries_.push_back({std::move(item), bytes});
  bytes_ += bytes;
  changed_.notify_all();
  return true;
}

Ref<GstMiniObject> Pacer::take() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return flushing_ || !entries_.empty(); });
    if (flushing_) return nullptr;
    const auto now = Clock::now();
    if (entries_.front().bytes == 0 || due_ <= now) break;
    changed_.wait_until(lock, TimePoint(due_));
  }
  auto entry = std::move(entries_.front());
  entries_.pop_front();
  const auto bits = static_cast<double>(entry.bytes) * 8;
  const auto rate = std::max(rate_(), static_cast<double>(bytes_) * 8 / longest);
  bytes_ -= entry.bytes;
  if (bits > 0)
    due_ = std::max(due_, Clock::now() - burst) +
           duration_cast<Duration>(std::chrono::duration<double>(bits / std::max(rate, 1.)));
  changed_.notify_all();
  return std::move(entry.item);
}

void Pacer::set_flushing(bool flushing) {
  std::deque<Entry> dropped;
  std::lock_guard lock(mutex_);
  flushing_ = flushing;
  if (!flushing) return;
  dropped.swap(entries_);
  bytes_ = 0;
  due_ = {};
  changed_.notify_all();
}

size_t Pacer::waiting() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace rtc
