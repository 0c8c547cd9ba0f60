#include "congestion/acknowledged_bitrate.hpp"

#include <algorithm>

namespace rtc {

namespace {

constexpr auto kept = milliseconds(1000);
constexpr size_t enough = 5;     // packets
constexpr size_t most = 100000;  // a receiver whose clock stands still

}  // namespace

void AcknowledgedBitrate::add(Duration arrival, size_t size) {
  if (!arrivals_.empty() && arrivals_.back().at - arrival > kept) restart();
  if (!arrivals_.empty()) arrival = std::max(arrival, arrivals_.back().at);
  arrivals_.push_back({arrival, size});
  while (arrival - arrivals_.front().at > kept || arrivals_.size() > most) arrivals_.pop_front();
}

std::optional<Bitrate> AcknowledgedBitrate::over(Duration window) const {
  if (arrivals_.size() < enough) return std::nullopt;
  const auto newest = arrivals_.back().at;
  const auto span = newest - arrivals_.front().at;
  if (span < window / 2) return std::nullopt;
  double bytes = 0;
  for (auto at = arrivals_.rbegin(); at != arrivals_.rend() && newest - at->at < window; ++at)
    bytes += static_cast<double>(at->size);
  if (span >= window) return bytes * 8 / to_seconds(window);
  // The first packet opens the time it is counted in.
  return (bytes - static_cast<double>(arrivals_.front().size)) * 8 / to_seconds(span);
}

}  // namespace rtc
