#include "congestion/trendline.hpp"

#include <algorithm>

namespace rtc {

namespace {

constexpr size_t window = 20;
constexpr double smoothing = 0.9;
constexpr int trusted_groups = 60;

}  // namespace

std::optional<double> Trendline::add(const BurstGroups::Delta &delta) {
  if (!origin_) origin_ = delta.arrival;
  groups_ = std::min(groups_ + 1, trusted_groups);
  accumulated_ += to_seconds(delta.arrived - delta.sent);
  smoothed_ = smoothing * smoothed_ + (1 - smoothing) * accumulated_;
  points_.push_back({to_seconds(delta.arrival - *origin_), smoothed_});
  if (points_.size() > window) points_.pop_front();
  return points_.size() == window ? slope() : std::nullopt;
}

std::optional<double> Trendline::slope() const {
  double mean_arrival = 0, mean_delay = 0;
  for (const auto &point : points_) {
    mean_arrival += point.arrival / window;
    mean_delay += point.delay / window;
  }
  double covariance = 0, variance = 0;
  for (const auto &point : points_) {
    covariance += (point.arrival - mean_arrival) * (point.delay - mean_delay);
    variance += (point.arrival - mean_arrival) * (point.arrival - mean_arrival);
  }
  return variance > 1e-9 ? std::optional(covariance / variance) : std::nullopt;
}

}  // namespace rtc
