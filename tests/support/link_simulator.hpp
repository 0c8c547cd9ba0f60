// A link for tests of congestion control: rate by schedule, a queue that drops its tail,
// propagation delay, jitter, random loss. Time is simulated in steps of a millisecond and the
// generator is seeded, so every run is the same. Flows that share the link offer their packets in
// the order of time.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "congestion/transport_feedback.hpp"

namespace rtc::test {

inline constexpr TimePoint simulated_start{seconds(10000)};

class SimulatedLink {
 public:
  struct Config {
    std::function<Bitrate(double second)> rate = [](double) { return 2e6; };
    Duration queue = milliseconds(300);  // what waits longer is dropped
    Duration propagation = milliseconds(25);
    Duration jitter{0};     // uniform up to this, order kept
    bool reorders = false;  // order not kept
    double loss = 0;
    bool polices = false;  // drops what would wait too long, and lets nothing wait: loss, no delay
    unsigned seed = 1;
  };
  explicit SimulatedLink(Config config) : config_(std::move(config)), random_(config_.seed) {}

  // When the packet is at the far end; none: lost.
  std::optional<TimePoint> offer(size_t size, TimePoint now) {
    if (waiting(now) > config_.queue) return std::nullopt;
    const auto rate = std::max(config_.rate(to_seconds(now - simulated_start)), 1.0);
    free_ = std::max(free_, now) + from_seconds(static_cast<double>(size) * 8 / rate);
    if (uniform() < config_.loss) return std::nullopt;
    auto arrival = (config_.polices ? now : free_) + config_.propagation +
                   from_seconds(uniform() * to_seconds(config_.jitter));
    if (!config_.reorders) arrival = std::max(arrival, last_);
    last_ = std::max(last_, arrival);
    return arrival;
  }
  Duration waiting(TimePoint now) const { return std::max(Duration(0), free_ - now); }
  Bitrate rate(TimePoint now) const { return config_.rate(to_seconds(now - simulated_start)); }
  Duration propagation() const { return config_.propagation; }

 private:
  double uniform() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  Config config_;
  std::mt19937 random_;
  TimePoint free_{};  // the last packet has left
  TimePoint last_{};
};

class SimulatedFlow {
 public:
  virtual ~SimulatedFlow() = default;
  virtual void step(SimulatedLink &link, TimePoint now) = 0;
};

// Runs flows on one link and keeps what the link did, a row per 10 ms.
class LinkSimulator {
 public:
  explicit LinkSimulator(SimulatedLink::Config config) : link_(std::move(config)) {}

  template <typename Flow, typename... Arguments>
  Flow &add(Arguments &&...arguments) {
    auto flow = std::make_unique<Flow>(std::forward<Arguments>(arguments)...);
    auto &result = *flow;
    flows_.push_back(std::move(flow));
    return result;
  }
  void run(double until) {
    for (; second() < until; now_ += milliseconds(1)) {
      // Else the same flow would always take the last place in the queue.
      std::shuffle(flows_.begin(), flows_.end(), random_);
      for (auto &flow : flows_) flow->step(link_, now_);
      if (++steps_ % 10 == 0) queue_.push_back(to_seconds(link_.waiting(now_)) * 1000);
    }
  }
  double second() const { return to_seconds(now_ - simulated_start); }
  SimulatedLink &link() { return link_; }

  // Milliseconds; the part `quantile` of the time between two seconds was at or below it.
  double queue(double from, double to, double quantile) const {
    std::vector<double> part(queue_.begin() + static_cast<long>(from * 100),
                             queue_.begin() + static_cast<long>(to * 100));
    std::sort(part.begin(), part.end());
    return part[static_cast<size_t>(quantile * static_cast<double>(part.size() - 1))];
  }
  // From when on the queue stays under `limit` ms for a second; -1: never.
  double queue_under(double limit, double from, double to) const {
    for (auto at = static_cast<size_t>(from * 100); at + 100 <= to * 100; at++)
      if (std::all_of(queue_.begin() + static_cast<long>(at),
                      queue_.begin() + static_cast<long>(at) + 100,
                      [&](double waits) { return waits < limit; }))
        return static_cast<double>(at) / 100 - from;
    return -1;
  }

 private:
  SimulatedLink link_;
  std::vector<std::unique_ptr<SimulatedFlow>> flows_;
  TimePoint now_ = simulated_start;
  unsigned steps_ = 0;
  std::mt19937 random_{3};
  std::vector<double> queue_;
};

}  // namespace rtc::test
