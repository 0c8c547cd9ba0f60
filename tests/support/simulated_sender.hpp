// A greedy video sender under a CongestionController, and its receiver: frames at 30 per second of
// the size the target allows, a pacer, padding for probes, feedback every 50 to 100 ms. The
// application can be limited or silent, feedback lost, either clock set.
#pragma once

#include <deque>
#include <map>

#include "congestion/congestion_controller.hpp"
#include "congestion/sent_packets.hpp"
#include "support/link_simulator.hpp"

namespace rtc::test {

class SimulatedSender : public SimulatedFlow {
 public:
  struct Config {
    CongestionLimits limits;
    double begins = 0;
    double feedback_loss = 0;
    // What the application has to send at most, by second; feedback that gets through; what the
    // clocks are ahead.
    std::function<Bitrate(double)> demand = [](double) { return 1e9; };
    std::function<bool(double)> feedback = [](double) { return true; };
    std::function<Duration(double)> sender_clock = [](double) { return Duration(0); };
    std::function<Duration(double)> receiver_clock = [](double) { return seconds(-77); };
    bool pads = true;
    unsigned seed = 7;
  };
  explicit SimulatedSender(Config config)
      : controller(config.limits), config_(std::move(config)), random_(config_.seed) {}

  void step(SimulatedLink &link, TimePoint now) override {
    const double at = to_seconds(now - simulated_start);
    if (at < config_.begins) return;
    own_ = now + config_.sender_clock(at);
    receive(now);
    report(link, now);
    hear(now);
    if (++steps_ % 10 == 1) decide();
    encode(now, at);
    pace(link, now);
    if (steps_ % 10 == 1) targets_.push_back({at, decision.target});
  }

  // Bytes that arrived between two seconds, as bits per second.
  Bitrate received(double from, double to) const {
    double bytes = 0;
    for (auto row = arrived_.lower_bound(from); row != arrived_.end() && row->first < to; ++row)
      bytes += static_cast<double>(row->second);
    return bytes * 8 / (to - from);
  }
  // From when on a sliding second stays at or above `rate` (as received, 90 % of the time is not
  // asked for: the first second that reaches it); -1: never.
  double reaches(Bitrate rate, double from, double to) const {
    for (double at = from; at + 0.5 <= to; at += 0.05)
      if (received(at, at + 0.5) >= rate) return at + 0.5 - from;
    return -1;
  }
  Bitrate target_between(double from, double to, bool least) const {
    Bitrate result = least ? 1e12 : 0;
    for (const auto &[at, target] : targets_)
      if (at >= from && at < to)
        result = least ? std::min(result, target) : std::max(result, target);
    return result;
  }
  const std::vector<std::pair<double, Bitrate>> &targets() const { return targets_; }

  CongestionController controller;
  SentPackets history;
  CongestionDecision decision;
  int probes = 0;

 private:
  struct OnWire {
    uint16_t sequence;
    size_t size;
  };
  struct Reports {
    TimePoint at;
    std::vector<SentPackets::Report> reports;
  };

  void decide() {
    auto next = controller.tick(own_);
    if (next.probe) {
      probe_ = next.probe;
      probe_credit_ = 0;
      probes++;
    }
    decision = next;
  }
  void encode(TimePoint now, double at) {
    if (now < next_frame_) return;
    next_frame_ = std::max(next_frame_, now - milliseconds(33)) + microseconds(33333);
    const Bitrate rate = std::min(decision.target, config_.demand(at));
    if (waiting_ * 8 > 0.3 * decision.pacing) return;  // the encoder skips a frame
    // A keyframe at the start, then frames that differ.
    double bytes = rate / 30 / 8 * (frames_++ == 0 ? 3 : 0.75 + 0.5 * uniform());
    for (; bytes > 50; bytes -= 1200) {
      queue_.push_back(static_cast<size_t>(std::min(bytes, 1200.0)));
      waiting_ += static_cast<double>(queue_.back());
    }
  }
  void pace(SimulatedLink &link, TimePoint now) {
    if (probe_) return pace_probe(link, now);
    const double budget = decision.pacing / 8 / 1000;
    credit_ = std::min(credit_ + budget, budget);
    while (!queue_.empty() && credit_ > 0) {
      credit_ -= static_cast<double>(queue_.front());
      send(link, next_packet(), std::nullopt, now);
    }
  }
  void pace_probe(SimulatedLink &link, TimePoint now) {
    probe_credit_ += probe_->rate / 8 / 1000;
    while (probe_ && probe_credit_ > 0) {
      if (queue_.empty() && !config_.pads) return probe_.reset();
      const auto size =
          queue_.empty() ? std::clamp<size_t>(probe_->bytes / 5, 200, 1200) : next_packet();
      probe_credit_ -= static_cast<double>(size);
      send(link, size, probe_->cluster, now);
      probe_->packets--;
      probe_->bytes -= std::min(probe_->bytes, size);
      if (probe_->packets <= 0 && probe_->bytes == 0) probe_.reset();
    }
  }
  size_t next_packet() {
    const auto size = queue_.front();
    queue_.pop_front();
    waiting_ -= static_cast<double>(size);
    return size;
  }
  void send(SimulatedLink &link, size_t size, std::optional<int> cluster, TimePoint now) {
    SentPacket packet;
    packet.size = size;
    packet.cluster = cluster;
    const auto wire = sequence_++;
    packet.sequence = history.add(wire, packet, own_);
    packet.sent = own_;
    controller.sent(packet, own_);
    if (const auto arrival = link.offer(size, now)) on_wire_.insert({*arrival, {wire, size}});
  }
  void receive(TimePoint now) {
    while (!on_wire_.empty() && on_wire_.begin()->first <= now) {
      const auto [at, packet] = *on_wire_.begin();
      on_wire_.erase(on_wire_.begin());
      const double second = to_seconds(at - simulated_start);
      arrived_.insert({second, packet.size});
      const auto wide =
          highest_ + static_cast<int16_t>(packet.sequence - static_cast<uint16_t>(highest_));
      highest_ = std::max(highest_, wide);
      reported_ = std::min(reported_, wide);
      seen_[wide] = at.time_since_epoch() + config_.receiver_clock(second);
    }
  }
  void report(SimulatedLink &link, TimePoint now) {
    if (now < next_report_) return;
    next_report_ = now + milliseconds(50 + static_cast<int>(uniform() * 50));
    if (seen_.empty()) return;
    Reports out{now + link.propagation(), {}};
    for (auto sequence = reported_; sequence <= highest_; sequence++) {
      const auto row = seen_.find(sequence);
      out.reports.push_back({static_cast<uint16_t>(sequence), std::nullopt});
      if (row != seen_.end()) out.reports.back().arrival = row->second;
    }
    reported_ = highest_ + 1;
    seen_.clear();
    if (uniform() < config_.feedback_loss) return;
    if (config_.feedback(to_seconds(now - simulated_start))) reports_.push_back(std::move(out));
  }
  void hear(TimePoint now) {
    while (!reports_.empty() && reports_.front().at <= now) {
      controller.on_feedback(history.join(reports_.front().reports, own_), own_);
      reports_.pop_front();
    }
  }
  double uniform() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  Config config_;
  std::mt19937 random_;
  TimePoint own_;
  unsigned steps_ = 0, frames_ = 0;
  TimePoint next_frame_, next_report_;
  std::deque<size_t> queue_;
  double waiting_ = 0, credit_ = 0, probe_credit_ = 0;
  std::optional<Probe> probe_;
  uint16_t sequence_ = 65000;
  std::multimap<TimePoint, OnWire> on_wire_;
  std::multimap<double, size_t> arrived_;
  std::map<int64_t, Duration> seen_;
  int64_t reported_ = 65000, highest_ = 64999;
  std::deque<Reports> reports_;
  std::vector<std::pair<double, Bitrate>> targets_;
};

}  // namespace rtc::test
