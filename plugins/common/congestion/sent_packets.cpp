#include "congestion/sent_packets.hpp"

#include <algorithm>

namespace rtc {

namespace {
constexpr auto remembered_for = seconds(5);
// Half the number space: beyond it a wire number could mean two packets.
constexpr int64_t remembered_span = 1 << 15;
}  // namespace

int64_t SentPackets::add(uint16_t sequence, SentPacket packet, TimePoint now) {
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

TransportFeedback SentPackets::join(const std::vector<Report> &reports, TimePoint now, bool whole) {
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
  pass_over(newest, whole, feedback);
  return feedback;
}

SentPackets::Entry *SentPackets::find(int64_t sequence) {
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), sequence,
      [](const Entry &entry, int64_t wanted) { return entry.packet.sequence < wanted; });
  return at != entries_.end() && at->packet.sequence == sequence ? &*at : nullptr;
}

void SentPackets::change(Entry &entry, State state) {
  if (entry.state == State::in_flight) in_flight_ -= entry.packet.size;
  entry.state = state;
}

// Packets older than a reported one that no report spoke of.
void SentPackets::pass_over(int64_t newest, bool whole, TransportFeedback &feedback) {
  for (auto at = entries_.rbegin(); at != entries_.rend(); ++at) {
    if (at->packet.sequence > newest) continue;
    if (at->packet.sequence <= reported_) break;
    if (at->state != State::in_flight) continue;
    change(*at, whole ? State::lost : State::passed_over);
    if (whole)
      feedback.packets.push_back({at->packet, {}, false});
    else
      feedback.gap = true;
  }
  reported_ = newest;
}

void SentPackets::forget(TimePoint now) {
  while (!entries_.empty() && (now - entries_.front().packet.sent > remembered_for ||
                               last_ - entries_.front().packet.sequence >= remembered_span)) {
    change(entries_.front(), State::passed_over);
    entries_.pop_front();
  }
}

}  // namespace rtc
