// A TCP download that competes for the link: slow start, then a window that grows as cubic's does
// (RFC 9438 section 4.2) and falls to 70 % once per round trip with loss.
#pragma once

#include <cmath>
#include <deque>

#include "support/link_simulator.hpp"

namespace rtc::test {

class SimulatedTcp : public SimulatedFlow {
 public:
  explicit SimulatedTcp(double begins = 0, double ends = 1e9) : begins_(begins), ends_(ends) {}

  void step(SimulatedLink &link, TimePoint now) override {
    const double at = to_seconds(now - simulated_start);
    if (at < begins_ || at > ends_) return;
    while (!in_flight_.empty() && in_flight_.front().at <= now) {
      in_flight_.front().lost ? lost(in_flight_.front(), now) : acknowledged(now);
      in_flight_.pop_front();
    }
    while (static_cast<double>(in_flight_.size()) < window_) {
      const auto arrival = link.offer(1500, now);
      // A loss shows when the packets behind it arrive.
      auto back =
          (arrival ? *arrival : now + link.waiting(now) + link.propagation()) + link.propagation();
      if (!in_flight_.empty()) back = std::max(back, in_flight_.back().at);
      in_flight_.push_back({back, now, !arrival});
    }
  }
  double bytes() const { return bytes_; }

 private:
  struct Segment {
    TimePoint at;
    TimePoint sent;
    bool lost;
  };
  void acknowledged(TimePoint now) {
    bytes_ += 1500;
    if (window_ < threshold_) {
      window_ += 1;
      return;
    }
    const double since = to_seconds(now - reduced_);
    const double k = std::cbrt(largest_ * 0.3 / 0.4);
    const double wanted = 0.4 * std::pow(since - k, 3) + largest_;
    if (wanted > window_) window_ += std::min((wanted - window_) / window_, 0.5);
  }
  void lost(const Segment &segment, TimePoint now) {
    if (segment.sent < reduced_) return;
    largest_ = window_;
    window_ = std::max(window_ * 0.7, 2.0);
    threshold_ = window_;
    reduced_ = now;
  }

  double begins_, ends_;
  std::deque<Segment> in_flight_;
  double window_ = 10, threshold_ = 1e9, largest_ = 0, bytes_ = 0;
  TimePoint reduced_{};
};

}  // namespace rtc::test
