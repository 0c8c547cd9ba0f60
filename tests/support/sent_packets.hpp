// What was sent and not yet answered, to join the receiver's reports to it
// (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 4). Reports may come late, twice, out
// of order or not at all. Bounded in time and number.
// GStreamer does this for rtcsink; simulated senders do it with this class.
#pragma once

#include <algorithm>
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
  TransportFeedback join(const std::vector<Report> &reports, TimePoint now);

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
  bool pass_over(int64_t newest);
  void forget(TimePoint now);

  std::deque<Entry> entries_;  // ascending sequence
  int64_t last_ = -1;          // newest sent
  int64_t reported_ = -1;      // newest a report spoke of
  size_t in_flight_ = 0;
};

inline constexpr auto remembered_for = seconds(10);
// Half the number space: beyond it a wire number could mean two packets.
inline constexpr int64_t remembered_span = 1 << 15;

inline int64_t SentPackets::add(uint16_t sequence, SentPacket packet, TimePoint now) {
  int64_t unwrapped = sequence;
  if (last_ >= 0) unwrapped = last_ + static_cast<int16_t>(sequence - static_cast<uint16_t>(last_));
  packet.sequence = unwrapped;
  packet.sent = now;
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), unwrapped,
      [](const Entry &entry, int64_t wanted) { return entry.packet.sequence < wanted; });
  if (at != entries_.end() && at->packet.sequence == unwrapped) return unwrapped;
  in_flight_ += packet.size;
  entries_.insert(at, {packet, State::in_flight});
  last_ = std::max(last_, unwrapped);
  forget(now);
  return unwrapped;
}

inline TransportFeedback SentPackets::join(const std::vector<Report> &reports, TimePoint now) {
  forget(now);
  TransportFeedback feedback;
  if (last_ < 0) return feedback;
  int64_t newest = reported_;
  for (const auto &report : reports) {
    // A report speaks of the past: the nearest number at or below the newest sent.
    const auto sequence =
        last_ - static_cast<uint16_t>(static_cast<uint16_t>(last_) - report.sequence);
    auto *entry = find(sequence);
    if (!entry || entry->state == State::received) continue;
    if (!report.arrival && entry->state == State::lost) continue;
    PacketResult result{entry->packet, report.arrival, entry->state == State::lost};
    feedback.packets.push_back(result);
    change(*entry, report.arrival ? State::received : State::lost);
    newest = std::max(newest, sequence);
  }
  feedback.gap = pass_over(newest);
  return feedback;
}

inline SentPackets::Entry *SentPackets::find(int64_t sequence) {
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), sequence,
      [](const Entry &entry, int64_t wanted) { return entry.packet.sequence < wanted; });
  return at != entries_.end() && at->packet.sequence == sequence ? &*at : nullptr;
}

inline void SentPackets::change(Entry &entry, State state) {
  if (entry.state == State::in_flight) in_flight_ -= entry.packet.size;
  entry.state = state;
}

// Packets older than a reported one that no report spoke of: their feedback was lost.
inline bool SentPackets::pass_over(int64_t newest) {
  bool any = false;
  for (auto at = entries_.rbegin(); at != entries_.rend(); ++at) {
    if (at->packet.sequence > newest) continue;
    if (at->packet.sequence <= reported_) break;
    if (at->state != State::in_flight) continue;
    change(*at, State::passed_over);
    any = true;
  }
  reported_ = newest;
  return any;
}

inline void SentPackets::forget(TimePoint now) {
  while (!entries_.empty() && (now - entries_.front().packet.sent > remembered_for ||
                               last_ - entries_.front().packet.sequence >= remembered_span)) {
    change(entries_.front(), State::passed_over);
    entries_.pop_front();
  }
}

}  // namespace rtc
