// Says from the slope of the delay whether a queue grows, empties or neither
// (draft-ietf-rmcat-gcc-02 section 5.4). The threshold follows the slope, slowly: a fixed one would
// either never see a queue on a quiet path or starve beside a TCP flow. Pure; belongs to the
// congestion controller.
#pragma once

#include <optional>

#include "congestion/transport_feedback.hpp"

namespace rtc {

enum class NetworkUse { normal, overuse, underuse };

class OveruseDetector {
 public:
  // `slope` as Trendline gives it, after `groups` groups, the last of which was sent `sent_apart`
  // after the one before. `arrival` is on the receiver's clock.
  NetworkUse update(double slope, int groups, Duration sent_apart, Duration arrival);
  NetworkUse use() const { return use_; }

 private:
  void adapt(double trend, Duration arrival);

  NetworkUse use_ = NetworkUse::normal;
  double threshold_ = 12.5;  // of the slope over 60 groups, amplified: del_var_th(0)
  double previous_slope_ = 0;
  Duration above_ = Duration(-1);  // for how long; negative: not above
  int above_count_ = 0;
  std::optional<Duration> adapted_;
};

}  // namespace rtc
