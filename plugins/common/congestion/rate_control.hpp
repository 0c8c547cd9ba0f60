// The rate the delay allows (draft-ietf-rmcat-gcc-02 section 5.5): up by 8 % a second where the
// link's capacity is not known, by about a packet per round trip near where it was last seen, down
// to 85 % of what arrives when a queue grows. Beside a loss-based flow that keeps the queue full
// the delay says nothing: there the rate follows loss as that flow does, by additive increase and
// multiplicative decrease. Pure; belongs to the congestion controller.
#pragma once

#include "congestion/overuse_detector.hpp"
#include "congestion/transport_feedback.hpp"

namespace rtc {

class RateControl {
 public:
  struct Input {
    NetworkUse use = NetworkUse::normal;
    std::optional<Bitrate> acknowledged;  // over the usual window
    std::optional<Bitrate> recent;        // over a short one
    Duration rtt = milliseconds(100);
    bool competing = false;  // another flow keeps the queue
    bool overflow = false;   // packets were lost to a full queue
  };
  RateControl(Bitrate start, Bitrate min, Bitrate max) : target_(start), min_(min), max_(max) {}

  // True when the rate went down.
  bool update(const Input &input, TimePoint now);
  // Measured otherwise (a probe), or wished.
  void set(Bitrate target, TimePoint now);
  void limit(Bitrate min, Bitrate max);
  Bitrate target() const { return target_; }
  // The last decrease took the rate below two thirds of this.
  std::optional<Bitrate> dropped_from() const { return dropped_from_; }

 private:
  bool decrease(const Input &input, TimePoint now);
  bool compete(const Input &input, Duration since, TimePoint now);
  void increase(const Input &input, Duration since, TimePoint now);
  void raise(Bitrate wanted, std::optional<Bitrate> acknowledged);
  Bitrate additive(Duration rtt, Duration since) const;
  void learn_capacity(Bitrate sample);
  double deviation() const;

  Bitrate target_;
  Bitrate min_, max_;
  std::optional<Bitrate> dropped_from_;
  bool overflowed_ = false;  // since another flow keeps the queue
  std::optional<Bitrate> capacity_;
  double capacity_variance_ = 0.4;  // normalized by the capacity, kbit/s
  std::optional<TimePoint> updated_;
  std::optional<TimePoint> decreased_;
};

}  // namespace rtc
