#include "congestion/protection.hpp"

#include <algorithm>

namespace rtc {

namespace {
// Up to the first a retransmission is there in time for the frame, from the second on never
// (libwebrtc's choice, too).
constexpr auto short_trip = milliseconds(20), long_trip = milliseconds(100);
constexpr double least_loss = 0.005;
// With that much parity for each lost packet, two are lost of what one protects in a fourth of the
// cases; they are asked for.
constexpr double parity_per_lost = 3;
constexpr double most = 0.5;
constexpr double without_loss = 0.1;
}  // namespace

double parity_for(Protection protection, double loss, Duration round_trip) {
  const double wanted = std::min(loss * parity_per_lost, most);
  if (protection == Protection::always) return std::max(wanted, without_loss);
  if (protection == Protection::none || loss < least_loss) return 0;
  using Seconds = std::chrono::duration<double>;
  const double weight = Seconds(round_trip - short_trip) / Seconds(long_trip - short_trip);
  return wanted * std::clamp(weight, 0.0, 1.0);
}

}  // namespace rtc
