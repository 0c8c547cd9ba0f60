#include "congestion/loss_controller.hpp"

#include <algorithm>
#include <cmath>

namespace rtc {

namespace {

constexpr auto shortest = milliseconds(250);
constexpr auto longest = seconds(1);  // without a packet
constexpr double fewest_packets = 15;
constexpr size_t kept = 20;
constexpr double aging = 0.9;  // per observation
constexpr double loss_smoothing = 0.3;
// What inherent loss costs, in units of log likelihood.
constexpr double cost = 10;
// What a higher bandwidth is worth: unexplained loss shall not creep the rate down.
constexpr double worth = 5;
constexpr double inherent_step = 0.01, highest_inherent = 0.3;
// Flows that lose to one another each see a loss that their own rate does not change. The rate is
// bounded by the loss beyond the tolerated part, which is the same for all of them.
constexpr double tolerated = 0.08;
constexpr Bitrate balance = 100000;
constexpr auto dip_time = milliseconds(800);
constexpr Duration first_interval = seconds(4), last_interval = seconds(60);
constexpr double of_current[] = {0.6, 0.75, 0.85, 0.92, 0.97, 1, 1.04, 1.1, 1.25};
constexpr double of_delivered[] = {0.92, 1, 1.04};
constexpr Bitrate unlimited = 1e15;
constexpr double release = 1.25;  // per observation

}  // namespace

Bitrate LossController::Observation::rate() const {
  return bytes * 8 / std::max(to_seconds(last - first), 0.001);
}

void LossController::add(const PacketResult &packet) {
  if (packet.late) {
    auto &observation = open_.lost > 0 || observations_.empty() ? open_ : observations_.back();
    if (packet.arrival) observation.lost = std::max(0.0, observation.lost - 1);
    return;
  }
  if (open_.packets > 0 && packet.sent - open_.last > longest) open_ = Observation();
  if (open_.packets == 0) open_.first = open_.last = packet.sent;
  open_.first = std::min(open_.first, packet.sent);
  open_.last = std::max(open_.last, packet.sent);
  open_.bytes += static_cast<double>(packet.size);
  open_.packets++;
  if (!packet.arrival) open_.lost++;
}

void LossController::update(Bitrate wished, TimePoint now) {
  ask(now);
  if (!close()) return;
  choose(wished);
  set_bound();
}

bool LossController::close() {
  if (open_.packets < fewest_packets || open_.last - open_.first < shortest) return false;
  loss_ += loss_smoothing * (open_.lost / open_.packets - loss_);
  observations_.push_back(open_);
  if (observations_.size() > kept) observations_.pop_front();
  open_ = Observation();
  return true;
}

void LossController::choose(Bitrate wished) {
  const bool any = std::any_of(observations_.begin(), observations_.end(),
                               [](const Observation &seen) { return seen.lost > 0; });
  if (!any) {
    limit_.reset();
    inherent_ = 0;
    return;
  }
  Bitrate current = limit_ ? std::min(*limit_, wished) : wished;
  if (bound_) current = std::min(current, *bound_);
  auto best = fit(unlimited);
  best.score += worth * std::log(wished / current);
  std::optional<Bitrate> chosen;
  const auto consider = [&](Bitrate bandwidth) {
    auto fitted = fit(bandwidth);
    fitted.score += worth * std::log(std::min(bandwidth, wished) / current);
    if (fitted.score <= best.score) return;
    best = fitted;
    chosen = bandwidth;
  };
  for (const double part : of_current) consider(current * part);
  for (const double part : of_delivered) consider(delivered() * part);
  // Back up in steps: what the delay wished meanwhile was never tried.
  const Bitrate next = std::min(chosen.value_or(unlimited), release * current);
  limit_ = next < wished ? std::optional(next) : std::nullopt;
  inherent_ = best.inherent;
}

void LossController::set_bound() {
  double packets = 0, lost = 0, weight = 1;
  for (auto seen = observations_.rbegin(); seen != observations_.rend(); ++seen) {
    packets += weight * seen->packets;
    lost += weight * seen->lost;
    weight *= aging;
  }
  const double beyond = lost / packets - tolerated;
  bound_ = beyond > 0 ? std::optional(balance / beyond) : std::nullopt;
}

void LossController::ask(TimePoint now) {
  dips_ = asked_ && now - *asked_ < dip_time;
  if (dips_ || (asked_ && now - *asked_ < interval_)) return;
  if (!bound_) {
    asked_.reset();
    interval_ = first_interval;
    return;
  }
  if (asked_) interval_ = std::min(interval_ * 2, last_interval);
  asked_ = now;
  dips_ = true;
}

// What got through of late: the bandwidth, where nothing waits and the surplus is dropped.
Bitrate LossController::delivered() const {
  double bits = 0, time = 0, weight = 1;
  for (auto seen = observations_.rbegin(); seen != observations_.rend(); ++seen) {
    bits += weight * seen->bytes * 8 * (1 - seen->lost / seen->packets);
    time += weight * seen->bytes * 8 / seen->rate();
    weight *= aging;
  }
  return std::max(bits / std::max(time, 0.001), 1.0);
}

LossController::Fit LossController::fit(Bitrate bandwidth) const {
  Fit best{score(bandwidth, 0), 0};
  for (double inherent = inherent_step; inherent <= highest_inherent; inherent += inherent_step) {
    const double value = score(bandwidth, inherent);
    if (value < best.score) break;  // the likelihood has one peak
    best = {value, inherent};
  }
  return best;
}

double LossController::score(Bitrate bandwidth, double inherent) const {
  double sum = -cost * inherent;
  double weight = 1;
  for (auto seen = observations_.rbegin(); seen != observations_.rend(); ++seen) {
    const double surplus = std::max(0.0, 1 - bandwidth / std::max(seen->rate(), 1.0));
    const double lost = std::clamp(inherent + (1 - inherent) * surplus, 0.002, 0.99);
    sum +=
        weight * (seen->lost * std::log(lost) + (seen->packets - seen->lost) * std::log(1 - lost));
    weight *= aging;
  }
  return sum;
}

}  // namespace rtc
