#include "session/rendition_choice.hpp"

#include <algorithm>

namespace rtc {

namespace {
constexpr double up_margin = 1.15;
// The keyframe of a larger picture loses packets in a full queue, and while they are sent again the
// picture stands still.
constexpr double up_margin_contested = 1.6, nearly_highest = 0.95;
// A step up that is taken back within this time was a mistake; the next ones wait longer.
constexpr auto trial = seconds(10);
constexpr Duration longest_patience = seconds(60);
// After so long without a mistake the path counts as a new one.
constexpr auto forgiven = seconds(60);

constexpr auto fixed = "fixed by the application", limited_to = "limited by the application",
               takes_less = "the path takes less", takes_more = "the path takes more",
               unlimited = "nothing limits the rate";

// The estimate from which on the better one is worth a try.
double step_up(double need, std::optional<double> contested) {
  if (!contested) return need * up_margin;
  return std::max(need * up_margin,
                  std::min(need * up_margin_contested, *contested * nearly_highest));
}
}  // namespace

// The first that the application's limits allow; the last when they allow none.
size_t RenditionChoice::limited(const std::vector<Offer> &offers) const {
  size_t first = 0;
  while (first + 1 < offers.size() &&
         ((limits_.max_height && offers[first].height > limits_.max_height) ||
          (limits_.max_bitrate > 0 && offers[first].least > limits_.max_bitrate)))
    first++;
  return first;
}

bool RenditionChoice::may_rise(TimePoint now) {
  if (!above_) above_ = now;
  if (rose_ && now - *rose_ > forgiven) patience_ = first_patience;
  return now - *above_ >= patience_;
}

size_t RenditionChoice::wanted(const std::vector<Offer> &offers, std::optional<double> estimate,
                               TimePoint now, std::optional<double> contested,
                               const char *&reason) {
  const auto last = offers.size() - 1;
  if (limits_.fixed) {
    reason = fixed;
    above_.reset();
    return std::min(*limits_.fixed, last);
  }
  const auto first = limited(offers);
  const auto present = std::min(current_, last);
  if (!estimate) {
    reason = first ? limited_to : unlimited;
    return first;
  }
  // No better than the limit, and no better than the path takes.
  auto lower = std::max(present, first);
  reason = limited_to;
  while (lower < last && *estimate < offers[lower].need) {
    lower++;
    reason = takes_less;
  }
  if (lower != present) {
    above_.reset();
    return lower;
  }
  // One step at a time: what is known of a path that carries little is not much.
  if (present == first || *estimate < step_up(offers[present - 1].need, contested)) {
    above_.reset();
    return present;
  }
  reason = takes_more;
  return may_rise(now) ? present - 1 : present;
}

size_t RenditionChoice::choose(const std::vector<Offer> &offers, std::optional<double> estimate,
                               TimePoint now, std::optional<double> contested) {
  const char *reason = "";
  const auto next = wanted(offers, estimate, now, contested, reason);
  if (next != current_ && started_) {
    if (next < current_) {
      rose_ = now;
    } else if (rose_ && now - *rose_ < trial && reason == takes_less) {
      patience_ = std::min(patience_ * 2, longest_patience);
      rose_.reset();
    }
    above_.reset();
    reason_ = reason;
    switches_++;
  }
  started_ = true;
  current_ = next;
  return next;
}

}  // namespace rtc
