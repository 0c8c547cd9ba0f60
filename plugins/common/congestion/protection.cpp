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
constexpr auto least_of = seconds(3);
constexpr double step = 0.05;  // of the way, each time it is asked for
constexpr double nothing = 0.002;
}  // namespace

double parity_for(Protection protection, double loss, Duration round_trip) {
  const double wanted = std::min(loss * parity_per_lost, most);
  if (protection == Protection::always) return std::max(wanted, without_loss);
  if (protection == Protection::none || loss < least_loss) return 0;
  using Seconds = std::chrono::duration<double>;
  const double weight = Seconds(round_trip - short_trip) / Seconds(long_trip - short_trip);
  return wanted * std::clamp(weight, 0.0, 1.0);
}

double ParityAmount::update(double loss, Duration round_trip, TimePoint now) {
  // Zero: there was no feedback.
  if (round_trip > Duration::zero()) {
    if (!since_) least_before_ = round_trip;
    if (!since_ || now - *since_ > least_of) {
      if (since_) least_before_ = least_;
      least_ = round_trip;
      since_ = now;
    }
    least_ = std::min(least_, round_trip);
  }
  part_ += step * (parity_for(protection_, loss, std::min(least_, least_before_)) - part_);
  return part_ < nothing ? 0 : part_;
}

}  // namespace rtc
