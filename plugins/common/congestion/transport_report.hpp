// Transport-wide feedback as it comes in RTCP (draft-holmer-rmcat-transport-wide-cc-extensions-01
// section 3.1). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"

namespace rtc {

struct TransportReport {
  uint16_t first = 0;      // transport-wide sequence number
  uint32_t reference = 0;  // 24 bits, in units of 64 ms, on the receiver's clock
  // Of `first` and those that follow it: when it came, from the reference on; nothing: not at all.
  std::vector<std::optional<Duration>> arrivals;
};

struct TransportReports {
  std::vector<TransportReport> reports;
  bool alone = true;  // nothing else is in the packet
};

constexpr auto transport_reference_unit = milliseconds(64);

// Those of a compound or reduced-size RTCP packet (RFC 3550 section 6.1, RFC 5506). What is
// malformed is left out.
TransportReports read_transport_reports(std::span<const uint8_t> rtcp);

}  // namespace rtc
