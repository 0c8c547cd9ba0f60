#include "congestion/overuse_detector.hpp"

#include <algorithm>
#include <cmath>

namespace rtc {

namespace {

constexpr double gain = 4;
constexpr auto overuse_time = milliseconds(10);  // overuse_time_th
// Section 5.4: the recommended values of K_u and K_d, and the limits of the threshold.
constexpr double rise = 0.0087, fall = 0.039;
constexpr double lowest = 6, highest = 600;
constexpr double outlier = 15;

}  // namespace

NetworkUse OveruseDetector::update(double slope, int groups, Duration sent_apart,
                                   Duration arrival) {
  const double trend = slope * groups * gain;
  if (trend > threshold_) {
    // Half of the first interval: where in it the crossing was is unknown.
    above_ = above_ < Duration::zero() ? sent_apart / 2 : above_ + sent_apart;
    above_count_++;
    if (above_ > overuse_time && above_count_ > 1 && slope >= previous_slope_) {
      above_ = Duration::zero();
      above_count_ = 0;
      use_ = NetworkUse::overuse;
    }
  } else {
    above_ = Duration(-1);
    above_count_ = 0;
    use_ = trend < -threshold_ ? NetworkUse::underuse : NetworkUse::normal;
  }
  previous_slope_ = slope;
  adapt(trend, arrival);
  return use_;
}

void OveruseDetector::adapt(double trend, Duration arrival) {
  const auto since = adapted_
                         ? std::clamp<Duration>(arrival - *adapted_, Duration(0), milliseconds(100))
                         : Duration(0);
  adapted_ = arrival;
  // A sudden jump (a route that changed, a frame that held everything up) is no trend.
  if (std::abs(trend) > threshold_ + outlier) return;
  const double k = std::abs(trend) < threshold_ ? fall : rise;
  threshold_ += k * (std::abs(trend) - threshold_) * to_seconds(since) * 1000;
  threshold_ = std::clamp(threshold_, lowest, highest);
}

}  // namespace rtc
