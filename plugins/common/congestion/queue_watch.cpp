#include "congestion/queue_watch.hpp"

#include <algorithm>

namespace rtc {

namespace {

constexpr auto recent_window = milliseconds(120);
constexpr auto base_window = seconds(60);
// Beside TCP the queue never empties: what stands would become the base.
constexpr auto base_window_competing = seconds(300);
constexpr auto base_step = milliseconds(500);
// A decrease that is to show has shown by then.
constexpr auto drains_within = milliseconds(2500);
constexpr auto overflow_drains_for = milliseconds(800);
constexpr auto stubborn_after = seconds(4);
constexpr int stubborn_decreases = 2;
// A queue that others fill moves at least so much; a longer route does not.
constexpr auto flat = milliseconds(15);
constexpr double drain_time = 0.6;  // seconds
constexpr double lowest_drain = 0.6;
constexpr double competing_drain = 0.5;

}  // namespace

void QueueWatch::add(TimePoint sent, Duration arrival, TimePoint now) {
  const auto delay = arrival - sent.time_since_epoch();
  while (!recent_.empty() && recent_.back().delay >= delay) recent_.pop_back();
  recent_.push_back({now, delay});
  while (now - recent_.front().at > recent_window) recent_.pop_front();

  while (!base_.empty() && base_.back().delay >= delay) base_.pop_back();
  if (base_.empty() || now - base_.back().at > base_step) base_.push_back({now, delay});
  const auto window = competing_ ? base_window_competing : base_window;
  if (now - base_.front().at > window && base_.size() > 1) base_.pop_front();

  standing_ = std::max(Duration(0), recent_.front().delay - base_.front().delay);
  judge(now);
}

void QueueWatch::judge(TimePoint now) {
  if (empty()) {
    stood_since_.reset();
    draining_since_.reset();
    decreases_ = 0;
    competing_ = false;
    longest_ = Duration(0);
    return;
  }
  if (!stood_since_) {
    stood_since_ = now;
    shortest_ = longest_ = standing_;
  }
  shortest_ = std::min(shortest_, standing_);
  longest_ = std::max(longest_, standing_);
  if (competing_ || now - *stood_since_ < stubborn_after || decreases_ < stubborn_decreases) return;
  if (longest_ - shortest_ < flat)
    rebase(recent_.front().delay, now);
  else
    competing_ = true;
}

void QueueWatch::rebase(Duration delay, TimePoint now) {
  base_.assign(1, {now, delay});
  standing_ = Duration(0);
  stood_since_.reset();
}

void QueueWatch::decreased(TimePoint now) {
  decreases_++;
  if (empty()) return;
  if (!draining_since_ || (competing_ && now - *draining_since_ > overflow_drains_for))
    draining_since_ = now;
}

double QueueWatch::drain(TimePoint now) const {
  if (!draining_since_) return 1;
  // Flows of our kind that took each other for TCP all lose at once and all go down: then the
  // queue empties and shows them the error. TCP fills the room.
  if (competing_) return now - *draining_since_ < overflow_drains_for ? competing_drain : 1;
  if (now - *draining_since_ > drains_within) return 1;
  return std::clamp(1 - to_seconds(standing_ - empty_below) / drain_time, lowest_drain, 1.0);
}

}  // namespace rtc
