// Whether the application sends well below what it may (libwebrtc's "ALR"): a camera that sees a
// still picture, an encoder at its highest quality. What arrives then says nothing about the link.
// With hysteresis, over half a second. Pure; belongs to the congestion controller.
#pragma once

#include <deque>

#include "congestion/transport_feedback.hpp"

namespace rtc {

class ApplicationLimit {
 public:
  void sent(size_t size, TimePoint now);
  bool update(Bitrate target, TimePoint now);
  bool limited() const { return limited_; }

 private:
  void forget(TimePoint now);
  struct Sent {
    TimePoint at;
    size_t size;
  };
  std::deque<Sent> window_;
  double bytes_ = 0;
  std::optional<TimePoint> since_;  // the first packet
  bool limited_ = false;
};

}  // namespace rtc
