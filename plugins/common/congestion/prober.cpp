#include "congestion/prober.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace rtc {

namespace {

constexpr std::array initial_steps{3.0, 6.0};
constexpr double step = 2;
// Below this part of its rate a probe found the link's end.
constexpr double success = 0.7;
constexpr auto result_within = seconds(1);
constexpr auto clear_for = milliseconds(500);
// A short probe sees room on a full shared link, too: take a part of it and wait for the queue.
constexpr double raise = 2, raise_misled = 1.5, much = 1.25;
constexpr auto further_clear_for = milliseconds(400);
constexpr auto misled_within = seconds(2);
constexpr int most_misled = 3;
// For less and less of the time.
constexpr auto searches_for = seconds(120);
constexpr int searches_part = 10;
constexpr double found = 0.85;
constexpr Duration between_searches = seconds(2), between_late_searches = seconds(10);
constexpr Duration between_limited = seconds(5);
constexpr auto duration = milliseconds(20);
constexpr int initial_packets = 5;
// A shaper lets a burst pass that it cannot go on with: more than its bucket holds.
constexpr int packets = 7;

}  // namespace

Prober::Prober(Bitrate start, bool climbs)
    : start_(start), initial_(climbs ? 0 : initial_steps.size()) {}

std::optional<Probe> Prober::next(const Situation &situation, TimePoint now) {
  if (!situation.clear)
    clear_.reset();
  else if (!clear_)
    clear_ = now;
  if (sent_ && now - *sent_ < result_within) return std::nullopt;
  sent_.reset();
  const auto rate = wanted(situation, now);
  if (!rate || situation.target >= situation.max) return std::nullopt;
  if (initial_ == 0) searches_since_ = now;
  const bool starts = initial_ < initial_steps.size();
  if (starts) initial_++;
  further_.reset();
  sent_ = last_ = now;
  rate_ = std::min(*rate, situation.max);
  const auto bytes = static_cast<size_t>(rate_ * to_seconds(duration) / 8);
  return Probe{rate_, bytes, starts ? initial_packets : packets, ++cluster_};
}

std::optional<Bitrate> Prober::wanted(const Situation &situation, TimePoint now) const {
  if (initial_ == 0) return start_ * initial_steps[0];
  if (!clear_) return std::nullopt;
  if (further_ && (initial_ < initial_steps.size() || now - *clear_ >= further_clear_for))
    return further_;
  if (now - *clear_ < clear_for) return std::nullopt;
  const bool searching = searches(situation, now);
  // A greedy flow that is where it was learns nothing but how to push others aside.
  if (!searching && !situation.application_limited) return std::nullopt;
  const auto interval = searching ? std::clamp((now - *searches_since_) / searches_part,
                                               between_searches, between_late_searches)
                                  : between_limited;
  if (last_ && now - *last_ < interval * std::pow(std::sqrt(2), misled_)) return std::nullopt;
  return situation.target * step;
}

bool Prober::searches(const Situation &situation, TimePoint now) const {
  return searches_since_ && now - *searches_since_ < searches_for &&
         (sought_ == 0 || situation.target < found * sought_);
}

std::optional<Bitrate> Prober::measured(int cluster, Bitrate result, Bitrate target,
                                        TimePoint now) {
  if (cluster != cluster_) return std::nullopt;
  sent_.reset();
  const bool starts = initial_ < initial_steps.size();
  if (result >= success * rate_) {
    further_ = starts ? start_ * initial_steps[initial_] : result * step;
    clear_ = now;
  }
  if (!starts) result = std::min(result, target * (misled_ ? raise_misled : raise));
  if (result <= target) return std::nullopt;
  if (result > target * much) raised_ = now;
  return result;
}

void Prober::overused(TimePoint now) {
  if (raised_ && now - *raised_ < misled_within) misled_ = std::min(misled_ + 1, most_misled);
  raised_.reset();
  further_.reset();
  if (sought_ == 0) searches_since_.reset();
}

void Prober::seek(Bitrate rate, TimePoint now) {
  // A narrow link makes its own small falls, which do not lower what is looked for.
  if (found * sought_ > rate && searches_since_ && now - *searches_since_ < searches_for) return;
  sought_ = rate;
  searches_since_ = now;
  misled_ = 0;
}

void Prober::restart() {
  for (auto *time : {&sent_, &last_, &clear_, &searches_since_, &raised_}) time->reset();
  further_.reset();
}

}  // namespace rtc
