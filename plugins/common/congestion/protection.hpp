// How much of what is sent is parity, so that a lost packet need not be asked for (pure). Asking
// costs a round trip: where that is short, what is lost is better sent again, which takes as little
// of the path as can be; where it is long, the picture would stand still meanwhile.
#pragma once

#include <optional>

#include "base/clock.hpp"

namespace rtc {

// When parity is sent: never; where loss and round trip make it worth it; always, a tenth where
// nothing is lost.
enum class Protection { none, automatic, always };

// Parity packets for each packet of the stream, 0 to 0.5. `loss`: part of the packets that the path
// loses by itself; what is lost because there are too many must not become more.
double parity_for(Protection protection, double loss, Duration round_trip);

// The same over time. What feedback tells of the round trip has the time in it that the receiver
// waited before it told, and that packets waited in queues: the least of some seconds counts. The
// amount follows slowly.
class ParityAmount {
 public:
  explicit ParityAmount(Protection protection)
      : protection_(protection), part_(parity_for(protection, 0, {})) {}

  double update(double loss, Duration round_trip, TimePoint now);
  double part() const { return part_; }

 private:
  const Protection protection_;
  double part_;
  std::optional<TimePoint> since_;  // of the least one
  Duration least_{0}, least_before_{0};
};

}  // namespace rtc
