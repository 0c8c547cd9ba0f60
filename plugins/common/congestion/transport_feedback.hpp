// What a congestion controller is told: packets as they were sent, and for each of them when it
// arrived or that it did not (draft-holmer-rmcat-transport-wide-cc-extensions-01).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"

namespace rtc {

using Bitrate = double;  // bits per second

inline double to_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
inline Duration from_seconds(double value) {
  return duration_cast<Duration>(std::chrono::duration<double>(value));
}

enum class PacketKind { media, retransmission, padding };

struct SentPacket {
  int64_t sequence = 0;  // transport-wide, unwrapped
  TimePoint sent;
  size_t size = 0;             // bytes, as the path carries them
  std::optional<int> cluster;  // the probe it is part of
  PacketKind kind = PacketKind::media;
};

struct PacketResult : SentPacket {
  std::optional<Duration> arrival;  // on the receiver's clock, whose origin is unknown; none: lost
  bool late = false;                // an earlier feedback said it was lost
};

struct TransportFeedback {
  std::vector<PacketResult> packets;
  bool gap = false;  // a feedback before this one was lost: packets sent before have no result
};

class BandwidthEstimator {
 public:
  virtual ~BandwidthEstimator() = default;
  virtual void on_feedback(const TransportFeedback &feedback, TimePoint now) = 0;
  virtual Bitrate target() const = 0;
};

}  // namespace rtc
