#include "congestion/congestion_controller.hpp"

#include <algorithm>

namespace rtc {

namespace {

constexpr auto usual_window = milliseconds(500), recent_window = milliseconds(200);
// Beyond this between two calls, the process slept or its clock was set.
constexpr auto clock_jump = seconds(5);
constexpr auto receiver_jump = milliseconds(150);
// A feedback comes every 50 to 100 ms. A peer that never sent any has no such feedback.
constexpr auto feedback_due = milliseconds(1500), lowered_every = milliseconds(500);
constexpr double lowered = 0.8;
// A slope where nothing stands is jitter.
constexpr auto least_queue = milliseconds(8);
// As libwebrtc paces; less beside congestion, where a burst is a queue.
constexpr double pacing_clear = 2.5, pacing_congested = 1.5;
constexpr auto congested_for = seconds(10);
constexpr auto oldest = seconds(60);
constexpr Duration furthest = std::chrono::hours(24 * 365 * 50);
constexpr size_t largest = 65535;
constexpr Bitrate lowest = 1000, highest = 1e12;
constexpr double near_limit = 0.9;

CongestionLimits sane(CongestionLimits limits) {
  // Written so that no NaN passes.
  limits.min = limits.min > lowest && limits.min < highest ? limits.min : lowest;
  limits.max = limits.max > limits.min ? std::min(limits.max, highest) : limits.min;
  limits.start = limits.start > limits.min ? std::min(limits.start, limits.max) : limits.min;
  return limits;
}

}  // namespace

CongestionController::CongestionController(const CongestionLimits &limits)
    : limits_(sane(limits)),
      rate_(limits_.start, limits_.min, limits_.max),
      prober_(limits_.start, limits_.start < limits_.max),
      target_(limits_.start),
      sustained_(limits_.start) {}

void CongestionController::limit(Bitrate min, Bitrate max, TimePoint now) {
  advance(now);
  // What was held down by the old limit may find the new one.
  if (max > limits_.max && target_ > near_limit * limits_.max) prober_.seek(max, now);
  limits_ = sane({min, limits_.start, max});
  rate_.limit(limits_.min, limits_.max);
  target_ = std::clamp(target_, limits_.min, limits_.max);
}

void CongestionController::rtt(Duration rtt) {
  rtt_ = std::clamp<Duration>(rtt, Duration(0), seconds(10));
}

// When time breaks, all that was timed is forgotten; the rate stays.
void CongestionController::advance(TimePoint now) {
  const bool broke = now_ && (now < *now_ || now - *now_ > clock_jump);
  now_ = now;
  if (!broke) return;
  path_ = Path();
  rate_ = RateControl(target_, limits_.min, limits_.max);
  loss_ = LossController();
  application_ = ApplicationLimit();
  prober_.restart();
  probes_.restart();
  fed_.reset();
  waiting_.reset();
  starved_.reset();
  congested_.reset();
}

void CongestionController::sent(const SentPacket &packet, TimePoint now) {
  advance(now);
  application_.sent(std::min(packet.size, largest), now);
  if (!waiting_) waiting_ = now;
}

void CongestionController::on_feedback(const TransportFeedback &feedback, TimePoint now) {
  advance(now);
  const auto packets = usable(feedback, now);
  if (packets.empty()) return;
  fed_ = now;
  waiting_.reset();
  if (feedback.gap) path_.acknowledged.restart();
  const auto newest =
      std::max_element(packets.begin(), packets.end(), [](const auto &a, const auto &b) {
        return a.arrival.has_value() < b.arrival.has_value() ||
               (a.arrival.has_value() == b.arrival.has_value() && a.sent < b.sent);
      });
  const bool clock_set = newest->arrival && !watch_clocks(*newest, now);
  bool lost = false;
  for (const auto &packet : packets) {
    lost |= !packet.arrival;
    loss_.add(packet);
    // Some of these arrived before the clock was set.
    if (packet.arrival && !clock_set) arrived(packet, now);
  }
  control(lost, now);
}

// What arrived in the order of arrival, what was lost before it.
std::vector<PacketResult> CongestionController::usable(const TransportFeedback &feedback,
                                                       TimePoint now) const {
  auto packets = feedback.packets;
  std::erase_if(packets, [&](const PacketResult &packet) {
    return packet.sent > now || packet.sent < now - oldest || packet.size > largest ||
           (packet.arrival && (*packet.arrival > furthest || *packet.arrival < -furthest));
  });
  std::stable_sort(packets.begin(), packets.end(),
                   [](const auto &a, const auto &b) { return a.arrival < b.arrival; });
  return packets;
}

// A queue moves the age of what is acknowledged; the receiver's clock alone moves when it is set.
// False when it was: what the path showed so far is forgotten.
bool CongestionController::watch_clocks(const PacketResult &newest, TimePoint now) {
  const auto ahead = *newest.arrival - now.time_since_epoch();
  const auto age = now - newest.sent;
  const auto moved = ahead - path_.receiver_ahead.value_or(ahead);
  const bool steady = std::chrono::abs(moved) <= receiver_jump ||
                      std::chrono::abs(moved + (age - path_.age.value_or(age))) <= receiver_jump;
  if (!steady) {
    path_ = Path();
    probes_.restart();
  }
  path_.receiver_ahead = ahead;
  path_.age = age;
  return steady;
}

void CongestionController::arrived(const PacketResult &packet, TimePoint now) {
  path_.acknowledged.add(*packet.arrival, packet.size);
  path_.queue.add(packet.sent, *packet.arrival, now);
  if (const auto probe = probes_.add(packet)) {
    const auto raised = prober_.measured(probe->cluster, probe->rate, rate_.target(), now);
    if (raised && path_.detector.use() != NetworkUse::overuse) {
      rate_.set(*raised, now);
      rate_reason_ = RateReason::probe;
    }
  }
  // A probe makes a queue on purpose.
  if (packet.cluster) return;
  const auto delta = path_.groups.add(packet.sent, *packet.arrival);
  if (!delta) return;
  if (const auto slope = path_.trendline.add(*delta))
    path_.detector.update(*slope, path_.trendline.groups(), delta->sent, delta->arrival);
}

void CongestionController::control(bool lost, TimePoint now) {
  RateControl::Input input;
  input.use = path_.detector.use();
  if (input.use == NetworkUse::overuse && path_.queue.standing() < least_queue)
    input.use = NetworkUse::normal;
  input.acknowledged = path_.acknowledged.over(usual_window);
  input.recent = path_.acknowledged.over(recent_window);
  input.rtt = rtt_ ? *rtt_ : path_.age.value_or(milliseconds(100));
  input.competing = path_.queue.competing();
  input.overflow = lost && path_.queue.full();
  // A queue that is full grows no more: no slope tells of it, the loss does.
  if (input.overflow) input.use = NetworkUse::overuse;
  if (rate_.update(input, now)) {
    path_.queue.decreased(now);
    prober_.overused(now);
    if (const auto before = rate_.dropped_from()) prober_.seek(*before, now);
    rate_reason_ = input.competing ? RateReason::competing : RateReason::delay;
  }
  loss_.update(rate_.target(), now);
  if (input.use == NetworkUse::overuse || loss_.limit()) congested_ = now;
  settle(now);
}

void CongestionController::settle(TimePoint now) {
  target_ = rate_.target();
  reason_ = rate_reason_;
  const auto lower = [this](Bitrate rate, RateReason reason) {
    if (rate >= target_) return;
    target_ = rate;
    reason_ = reason;
  };
  if (loss_.limit() && !path_.queue.competing()) lower(*loss_.limit(), RateReason::loss);
  if (loss_.bound()) lower(*loss_.bound(), RateReason::loss);
  sustained_ = std::clamp(target_, limits_.min, limits_.max);
  lower(target_ * loss_.dip(), RateReason::loss);
  lower(target_ * path_.queue.drain(now), RateReason::draining);
  if (target_ >= limits_.max) reason_ = RateReason::maximum;
  target_ = std::clamp(target_, limits_.min, limits_.max);
}

// Packets go out and nothing is heard: the path may be gone, and what is sent only makes it worse.
void CongestionController::await_feedback(TimePoint now) {
  if (!waiting_ || !fed_) return;
  if (now - std::max(*waiting_, *fed_) < feedback_due) return;
  if (starved_ && now - *starved_ < lowered_every) return;
  starved_ = now;
  prober_.seek(rate_.target(), now);
  rate_.set(rate_.target() * lowered, now);
  rate_reason_ = RateReason::no_feedback;
  settle(now);
}

Bitrate CongestionController::pacing(TimePoint now) const {
  const bool congested = congested_ && now - *congested_ < congested_for;
  return target_ * (congested ? pacing_congested : pacing_clear);
}

CongestionDecision CongestionController::tick(TimePoint now) {
  advance(now);
  await_feedback(now);
  application_.update(target_, now);
  CongestionDecision decision;
  const bool clear =
      path_.detector.use() == NetworkUse::normal && path_.queue.empty() && !loss_.limit() && fed_;
  decision.probe = prober_.next({target_, limits_.max, application_.limited(), clear}, now);
  if (decision.probe) probes_.expect(*decision.probe, now);
  decision.target = target_;
  decision.pacing = pacing(now);
  auto &state = decision.state;
  state.use = path_.detector.use();
  state.reason = reason_;
  state.application_limited = application_.limited();
  state.loss = loss_.loss();
  state.inherent = loss_.inherent();
  state.queueing = path_.queue.standing();
  state.competing = path_.queue.competing();
  state.rtt = rtt_ ? *rtt_ : path_.age.value_or(Duration(0));
  state.sustained = sustained_;
  state.acknowledged = path_.acknowledged.over(usual_window).value_or(0);
  state.delay_based = rate_.target();
  state.loss_based = loss_.limit();
  return decision;
}

}  // namespace rtc
