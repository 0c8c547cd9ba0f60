#include "session/group_rate.hpp"

#include <algorithm>

namespace rtc {

double group_rate(std::vector<double> targets) {
  if (targets.empty()) return 0;
  std::sort(targets.begin(), targets.end());
  const auto middle = targets[targets.size() / 2];
  return *std::find_if(targets.begin(), targets.end(),
                       [middle](double target) { return target >= middle / 2; });
}

}  // namespace rtc
