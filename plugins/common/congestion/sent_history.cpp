#include "congestion/sent_history.hpp"

#include <algorithm>

namespace rtc {

uint16_t SentHistory::add(size_t size, TimePoint now) {
  sent_.push_back({now, size});
  if (sent_.size() > most) {
    sent_.pop_front();
    first_++;
  }
  return static_cast<uint16_t>(first_ + static_cast<int64_t>(sent_.size()) - 1);
}

TransportFeedback SentHistory::resolve(const TransportReport &report) {
  TransportFeedback feedback;
  const auto end = first_ + static_cast<int64_t>(sent_.size());
  // The last packet of that number.
  const auto base = end - static_cast<uint16_t>(static_cast<uint16_t>(end) - report.first);
  const auto reference = unwrap_reference(report.reference);
  feedback.gap = base > reported_ && reported_ > 0;
  for (size_t i = 0; i < report.arrivals.size(); i++) {
    const auto sequence = base + static_cast<int64_t>(i);
    if (sequence < first_ || sequence >= end) continue;
    const auto &sent = sent_[static_cast<size_t>(sequence - first_)];
    PacketResult result;
    result.sequence = sequence;
    result.sent = sent.at;
    result.size = sent.size;
    if (report.arrivals[i]) result.arrival = reference + *report.arrivals[i];
    feedback.packets.push_back(result);
  }
  if (feedback.packets.empty()) return feedback;
  reported_ = feedback.packets.back().sequence + 1;
  sent_.erase(sent_.begin(), sent_.begin() + (reported_ - first_));
  first_ = reported_;
  return feedback;
}

// 24 bits of 64 ms come round after twelve days.
Duration SentHistory::unwrap_reference(uint32_t reference) {
  if (!reference_) {
    reference_ = reference;
  } else {
    const auto step = static_cast<int32_t>((reference - static_cast<uint32_t>(*reference_)) << 8);
    *reference_ += step / 256;
  }
  return *reference_ * transport_reference_unit;
}

}  // namespace rtc
