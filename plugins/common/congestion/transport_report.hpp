// Transport-wide feedback as it comes in RTCP (draft-holmer-rmcat-transport-wide-cc-extensions-01
// section 3.1). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "congestion/sent_packets.hpp"

namespace rtc {

struct TransportReport {
  uint16_t first = 0;      // transport-wide sequence number
  uint32_t reference = 0;  // 24 bits, in units of 64 ms, on the receiver's clock
  uint8_t count = 0;       // of reports before this one
  // Of `first` and those that follow it: when it came, from the reference on; nothing: not at all.
  std::vector<std::optional<Duration>> arrivals;
};

struct TransportReports {
  std::vector<TransportReport> reports;
  bool alone = true;  // nothing else is in the packet
};

// More packets than these in one RTCP packet nobody reports who means well.
constexpr size_t most_reported = 4096;

// Those of a compound or reduced-size RTCP packet (RFC 3550 section 6.1, RFC 5506). What is
// malformed is left out.
TransportReports read_transport_reports(std::span<const uint8_t> rtcp);

// Of one connection: goes on where the receiver's clock and count came round.
class TransportReportReader {
 public:
  struct Lines {
    std::vector<SentPackets::Report> packets;
    bool whole = false;  // the report before this one was read, too
  };
  Lines read(const TransportReport &report);

 private:
  std::optional<int64_t> reference_;
  std::optional<uint8_t> count_;
};

}  // namespace rtc
