// Slope of the one-way delay: a line fitted through the smoothed, accumulated delay differences of
// the last groups. Takes the place of the Kalman filter of draft-ietf-rmcat-gcc-02 section 5.3, as
// in libwebrtc since 2016: it needs no model of the noise. Pure; belongs to the congestion
// controller.
#pragma once

#include <deque>

#include "congestion/burst_groups.hpp"

namespace rtc {

class Trendline {
 public:
  // The slope in seconds of delay per second: (sent - taken by the link) / link capacity. None
  // until the window is full.
  std::optional<double> add(const BurstGroups::Delta &delta);
  // Groups seen, up to the number at which the slope is trusted fully.
  int groups() const { return groups_; }

 private:
  struct Point {
    double arrival;  // seconds
    double delay;    // seconds, smoothed
  };
  std::optional<double> slope() const;

  std::deque<Point> points_;
  std::optional<Duration> origin_;
  double accumulated_ = 0;
  double smoothed_ = 0;
  int groups_ = 0;
};

}  // namespace rtc
