// What was sent and not yet answered, to join the receiver's reports to it
// (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 4). Reports may come late, twice, out
// of order or not at all. Bounded in time and number. Pure.
#pragma once

#include <deque>

#include "congestion/transport_feedback.hpp"

namespace rtc {

class SentPackets {
 public:
  // A line of a feedback packet: the sequence number as on the wire.
  struct Report {
    uint16_t sequence = 0;
    std::optional<Duration> arrival;  // none: not received so far
  };

  // `packet` without its unwrapped sequence number, which is returned.
  int64_t add(uint16_t sequence, SentPacket packet, TimePoint now);
  // Each packet is reported as received at most once, as lost at most once and only before that.
  // `whole`: no feedback before this one is missing, so that what was passed over was lost.
  TransportFeedback join(const std::vector<Report> &reports, TimePoint now, bool whole = false);

  // Bytes sent of which no report has told yet.
  size_t in_flight() const { return in_flight_; }
  size_t size() const { return entries_.size(); }

 private:
  enum class State { in_flight, passed_over, lost, received };
  struct Entry {
    SentPacket packet;
    State state = State::in_flight;
  };

  Entry *find(int64_t sequence);
  void change(Entry &entry, State state);
  void pass_over(int64_t newest, bool whole, TransportFeedback &feedback);
  void forget(TimePoint now);

  std::deque<Entry> entries_;  // ascending sequence
  int64_t last_ = -1;          // newest sent
  int64_t reported_ = -1;      // newest a report spoke of
  size_t in_flight_ = 0;
};

}  // namespace rtc
