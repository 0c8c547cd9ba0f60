#include "session/group_rate.hpp"

#include <algorithm>

namespace rtc {

namespace {
constexpr double audio_part = 0.25, speech = 16e3;
}

double group_rate(std::vector<double> targets, double part) {
  if (targets.empty()) return 0;
  std::sort(targets.begin(), targets.end());
  const auto least = targets[targets.size() / 2] * part;
  return *std::find_if(targets.begin(), targets.end(),
                       [least](double target) { return target >= least; });
}

double audio_share(double whole, double wish) {
  return std::clamp(whole * audio_part, std::min(speech, wish), wish);
}

std::optional<double> middle_of_others(const std::vector<double> &targets,
                                       std::optional<double> own) {
  const auto others = targets.size() - (own && !targets.empty() ? 1 : 0);
  if (!others) return {};
  auto middle = others / 2;
  if (own) {
    const auto at = std::lower_bound(targets.begin(), targets.end(), *own) - targets.begin();
    if (static_cast<size_t>(at) <= middle) middle++;
  }
  return targets[middle];
}

}  // namespace rtc
