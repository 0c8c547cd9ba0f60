#include "ice/relay_quality.hpp"

#include <algorithm>

namespace rtc {

size_t EchoTally::sent(TimePoint now) {
  packets_.push_back({now, std::nullopt});
  return packets_.size() - 1;
}

void EchoTally::returned(size_t number, TimePoint now) {
  if (number >= packets_.size() || packets_[number].returned) return;
  packets_[number].returned = now;
  returned_++;
}

RelayQuality EchoTally::quality() const {
  RelayQuality quality;
  quality.sent = packets_.size();
  quality.received = returned_;
  std::vector<microseconds> times;
  for (const auto &packet : packets_)
    if (packet.returned)
      times.push_back(duration_cast<microseconds>(*packet.returned - packet.sent));
  if (times.empty()) return quality;
  std::sort(times.begin(), times.end());
  // Nearest rank: the smallest value that at least so many percent do not exceed.
  const auto rank = [&](size_t percent) { return times[(times.size() * percent + 99) / 100 - 1]; };
  quality.minimum = times.front();
  quality.median = rank(50);
  quality.p95 = rank(95);
  return quality;
}

}  // namespace rtc
