#include "congestion/rate_control.hpp"

#include <algorithm>
#include <cmath>

namespace rtc {

namespace {

constexpr double beta = 0.85;
constexpr double growth = 1.08;  // eta, per second
constexpr double packet_bits = 1200 * 8;
constexpr auto response = milliseconds(100);  // on top of the round trip
// Near the capacity: packets per response time, at most this part of the rate per second.
constexpr double near_packets = 2, near_growth = 0.25;
// Per round trip, beside another flow: after each loss the rate also halves for a moment (see
// QueueWatch), so a single packet would leave less than TCP's share.
constexpr double competing_packets = 4;
constexpr auto end_remembered = seconds(10);
constexpr Bitrate least_growth = 4000;  // per second
constexpr double capacity_smoothing = 0.05;

}  // namespace

bool RateControl::update(const Input &input, TimePoint now) {
  const auto since =
      updated_ ? std::clamp<Duration>(now - *updated_, Duration(0), seconds(1)) : Duration(0);
  updated_ = now;
  if (input.competing) return compete(input, since, now);
  overflowed_ = false;
  // Section 5.5, table 1: after an underuse the queue empties; the rate waits for that.
  if (input.use == NetworkUse::overuse) return decrease(input, now);
  if (input.use == NetworkUse::normal) increase(input, since, now);
  return false;
}

bool RateControl::decrease(const Input &input, TimePoint now) {
  // What was done about the last one shows a round trip later.
  const auto patience = std::clamp<Duration>(input.rtt, milliseconds(10), milliseconds(200));
  if (decreased_ && now - *decreased_ < patience) return false;
  auto arriving = input.recent ? input.recent : input.acknowledged;
  if (!arriving) arriving = target_;
  if (capacity_ && *arriving < *capacity_ - 3 * deviation()) capacity_.reset();
  learn_capacity(*arriving);
  const Bitrate before = target_;
  set(std::min(before, beta * *arriving), now);
  dropped_from_ = target_ < before * 2 / 3 ? std::optional(before) : std::nullopt;
  decreased_ = now;
  return target_ < before;
}

// As TCP does: double until the first loss, then packets per round trip; down at most once per
// round trip. beta as in the draft: frames cannot be cut as a window can.
bool RateControl::compete(const Input &input, Duration since, TimePoint now) {
  if (input.overflow) {
    overflowed_ = true;
    if (decreased_ && now - *decreased_ < input.rtt + response) return false;
    decreased_ = now;
    dropped_from_.reset();
    set(beta * target_, now);
    return true;
  }
  const Bitrate growth = overflowed_ ? competing_packets * packet_bits /
                                           to_seconds(std::max<Duration>(input.rtt, response))
                                     : target_;
  raise(target_ + growth * to_seconds(since), input.acknowledged);
  return false;
}

void RateControl::increase(const Input &input, Duration since, TimePoint now) {
  if (input.acknowledged && capacity_ && *input.acknowledged > *capacity_ + 3 * deviation())
    capacity_.reset();
  Bitrate wanted = target_;
  // The draft goes back to eta as soon as more arrives than the capacity known. On a shared link
  // that lets the largest flow grow the fastest; all are told of its end every few seconds.
  if (capacity_ || (decreased_ && now - *decreased_ < end_remembered))
    wanted += additive(input.rtt, since);
  else
    wanted += std::max(target_ * (std::pow(growth, to_seconds(since)) - 1),
                       least_growth * to_seconds(since));
  raise(wanted, input.acknowledged);
}

// Section 5.5: no more than half above what arrives, else nothing proves that the link bears it.
void RateControl::raise(Bitrate wanted, std::optional<Bitrate> acknowledged) {
  const Bitrate proven = acknowledged ? 1.5 * *acknowledged + 10000 : target_;
  if (wanted <= proven) target_ = std::clamp(wanted, min_, max_);
}

// Packets of the size that frames of this rate are cut to; the draft adds half a packet, libwebrtc
// one. Flows that share a link meet the faster the more all of them add.
Bitrate RateControl::additive(Duration rtt, Duration since) const {
  const double frame_bits = target_ / 30;
  const double bits = frame_bits / std::max(1.0, std::ceil(frame_bits / packet_bits));
  const double growth =
      std::min(near_packets * bits / to_seconds(rtt + response), near_growth * target_);
  return std::max(growth, least_growth) * to_seconds(since);
}

void RateControl::set(Bitrate target, TimePoint now) {
  target_ = std::clamp(target, min_, max_);
  updated_ = now;
}

void RateControl::limit(Bitrate min, Bitrate max) {
  min_ = min;
  max_ = max;
  target_ = std::clamp(target_, min_, max_);
}

// Section 5.5: mean and variance of what arrived when the link was full.
void RateControl::learn_capacity(Bitrate sample) {
  capacity_ = capacity_ ? *capacity_ + capacity_smoothing * (sample - *capacity_) : sample;
  const double error = (sample - *capacity_) / 1000;
  const double normalized = error * error / std::max(*capacity_ / 1000, 1.0);
  capacity_variance_ += capacity_smoothing * (normalized - capacity_variance_);
  capacity_variance_ = std::clamp(capacity_variance_, 0.4, 2.5);
}

double RateControl::deviation() const {
  return std::sqrt(capacity_variance_ * *capacity_ / 1000) * 1000;
}

}  // namespace rtc
