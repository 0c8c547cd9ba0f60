#include "congestion/probe_pacing.hpp"

namespace rtc {

namespace {

// Of a sender that comes late, so much is sent at once; the rest is not made up for, or the probe
// would be a burst.
constexpr auto most_behind = milliseconds(3);
constexpr auto longest = milliseconds(200);
// From the request of a packet until it leaves.
constexpr auto margin = milliseconds(2);
constexpr size_t remembered = 4;

}  // namespace

void ProbePacing::begin(const Probe &probe, TimePoint now) {
  probe_ = probe;
  began_ = paced_from_ = now;
  bytes_ = 0;
  packets_ = 0;
  windows_.push_back({probe.cluster, now, now});
  if (windows_.size() > remembered) windows_.pop_front();
}

bool ProbePacing::due(TimePoint now) {
  if (!probe_) return false;
  if (now < began_ || now - began_ > longest) {
    give_up();
    return false;
  }
  const auto time = paced_from_ + from_seconds(static_cast<double>(bytes_) * 8 / probe_->rate);
  if (now < time) return false;
  if (now - time > most_behind) paced_from_ += now - time - most_behind;
  return true;
}

void ProbePacing::sent(size_t size, TimePoint now) {
  if (!probe_) return;
  bytes_ += size;
  packets_++;
  windows_.back().to = now + margin;
  if (bytes_ >= probe_->bytes && packets_ >= probe_->packets) probe_.reset();
}

void ProbePacing::mark(TransportFeedback &feedback) const {
  for (auto &packet : feedback.packets)
    for (const auto &window : windows_)
      if (packet.sent >= window.from && packet.sent <= window.to) packet.cluster = window.cluster;
}

}  // namespace rtc
