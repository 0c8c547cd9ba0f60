// The packets of a transport that were sent and not reported yet, by their transport-wide sequence
// numbers (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 2). Pure.
#pragma once

#include <deque>

#include "congestion/transport_feedback.hpp"
#include "congestion/transport_report.hpp"

namespace rtc {

class SentHistory {
 public:
  // Without a report no more than these are remembered.
  static constexpr size_t most = 8192;

  // The number of the packet.
  uint16_t add(size_t size, TimePoint now);
  // What became of the packets that the report is about. They are forgotten, and those before them.
  TransportFeedback resolve(const TransportReport &report);

 private:
  struct Sent {
    TimePoint at;
    size_t size;
  };
  Duration unwrap_reference(uint32_t reference);

  std::deque<Sent> sent_;
  int64_t first_ = 0;     // of sent_
  int64_t reported_ = 0;  // up to it, exclusive
  std::optional<int64_t> reference_;
};

}  // namespace rtc
