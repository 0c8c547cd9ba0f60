// Packets that were sent and came back: how many, and how long they took (pure).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.hpp"

namespace rtc {

struct RelayQuality {
  size_t sent = 0;
  size_t received = 0;
  microseconds minimum{0}, median{0}, p95{0};  // of the round trip; 0 when none came back

  double loss() const {
    return sent ? static_cast<double>(sent - received) / static_cast<double>(sent) : 0;
  }
};

class EchoTally {
 public:
  // The packet's number: they count from 0.
  size_t sent(TimePoint now);
  // Numbers that were not sent, and second copies, count for nothing.
  void returned(size_t number, TimePoint now);
  bool all_returned() const { return returned_ == packets_.size(); }
  RelayQuality quality() const;

 private:
  struct Packet {
    TimePoint sent;
    std::optional<TimePoint> returned;
  };
  std::vector<Packet> packets_;
  size_t returned_ = 0;
};

}  // namespace rtc
