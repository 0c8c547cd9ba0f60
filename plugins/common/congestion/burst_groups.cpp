#include "congestion/burst_groups.hpp"

#include <algorithm>

namespace rtc {

namespace {

constexpr auto burst = milliseconds(5);
constexpr auto longest_burst = milliseconds(100);
constexpr int backwards_until_restart = 3;

}  // namespace

std::optional<BurstGroups::Delta> BurstGroups::add(TimePoint sent, Duration arrival) {
  if (current_ && sent < current_->first_sent) {
    // One packet came late; many mean that a clock was set back.
    if (++backwards_ >= backwards_until_restart) *this = BurstGroups();
    return std::nullopt;
  }
  if (current_ && joins(*current_, sent, arrival)) {
    current_->last_sent = std::max(current_->last_sent, sent);
    current_->last_arrival = std::max(current_->last_arrival, arrival);
    return std::nullopt;
  }
  const auto delta = close();
  current_ = Group{sent, sent, arrival, arrival};
  return delta;
}

bool BurstGroups::joins(const Group &group, TimePoint sent, Duration arrival) const {
  if (sent - group.first_sent <= burst) return true;
  const auto apart = arrival - group.last_arrival;
  return apart <= burst && apart < sent - group.last_sent &&
         arrival - group.first_arrival < longest_burst;
}

std::optional<BurstGroups::Delta> BurstGroups::close() {
  std::optional<Delta> delta;
  if (current_ && previous_) {
    const auto arrived = current_->last_arrival - previous_->last_arrival;
    if (arrived < Duration::zero()) {
      // Groups that overtook each other say nothing about a queue.
      if (++backwards_ >= backwards_until_restart) *this = BurstGroups();
      return std::nullopt;
    }
    backwards_ = 0;
    delta = {current_->last_sent - previous_->last_sent, arrived, current_->last_arrival};
  }
  previous_ = current_;
  return delta;
}

}  // namespace rtc
