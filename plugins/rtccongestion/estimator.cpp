#include "estimator.hpp"

#include <gst/rtp/rtp.h>

#include <algorithm>

namespace rtc {

namespace {

constexpr auto period = milliseconds(25);
constexpr size_t header_size = 12;

const char *name_of(RateReason reason) {
  switch (reason) {
    case RateReason::start:
      return "start";
    case RateReason::delay:
      return "delay";
    case RateReason::draining:
      return "draining";
    case RateReason::loss:
      return "loss";
    case RateReason::competing:
      return "competing";
    case RateReason::probe:
      return "probe";
    case RateReason::no_feedback:
      return "no-feedback";
    case RateReason::maximum:
      return "maximum";
  }
  return "";
}

}  // namespace

Estimator::Estimator(EventLoop &loop, const CongestionLimits &limits, Hooks hooks)
    : loop_(loop),
      hooks_(std::move(hooks)),
      estimate_(limits.start),
      pacing_(limits.start),
      controller_(limits) {
  estimate_ = pacing_ = controller_.target();
}

void Estimator::start() {
  probe_.emplace(loop_, [this] { return repeat_largest(); });
  timer_ = loop_.every(period, [this] { tick(); });
}

void Estimator::stop() {
  timer_ = Timer();
  probe_.reset();
}

void Estimator::limit(Bitrate min, Bitrate max) {
  loop_.post(if_alive(weak_from_this(), [min, max](Estimator &self) {
    self.controller_.limit(min, max, Clock::now());
  }));
}

void Estimator::sent(GstBuffer *packet) {
  const auto size = gst_buffer_get_size(packet);
  sent_bytes_ += size;
  sent_packets_++;
  uint8_t header[header_size];
  // What leaves again is not repeated.
  if (GST_BUFFER_FLAG_IS_SET(packet, GST_RTP_BUFFER_FLAG_RETRANSMISSION) ||
      gst_buffer_extract(packet, 0, header, sizeof header) != sizeof header)
    return;
  std::lock_guard lock(mutex_);
  recent_[recent_at_++ % recent_.size()] = {GST_READ_UINT32_BE(header + 8),
                                            GST_READ_UINT16_BE(header + 2), size};
}

void Estimator::feedback(const GstStructure &event) {
  const std::shared_ptr<GstStructure> copy(gst_structure_copy(&event), gst_structure_free);
  loop_.post(if_alive(weak_from_this(), [copy](Estimator &self) {
    auto feedback = self.reader_.read(*copy);
    if (self.probe_) self.probe_->mark(feedback);
    self.controller_.on_feedback(feedback, Clock::now());
  }));
}

void Estimator::tick() {
  const auto now = Clock::now();
  if (const auto bytes = sent_bytes_.load(); bytes > counted_bytes_) {
    SentPacket packet;
    packet.sent = now;
    packet.size = static_cast<size_t>(bytes - std::exchange(counted_bytes_, bytes));
    controller_.sent(packet, now);
  }
  const auto decision = controller_.tick(now);
  if (decision.probe && probe_) probe_->start(*decision.probe, now);
  pacing_ = decision.pacing;
  {
    std::lock_guard lock(mutex_);
    shown_.state = decision.state;
    shown_.probes += decision.probe.has_value();
  }
  if (static_cast<guint>(estimate_.exchange(decision.target)) !=
      static_cast<guint>(decision.target))
    hooks_.changed();
}

size_t Estimator::repeat_largest() {
  Packet largest;
  {
    std::lock_guard lock(mutex_);
    largest = *std::max_element(recent_.begin(), recent_.end(),
                                [](const auto &a, const auto &b) { return a.size < b.size; });
  }
  if (largest.size == 0) return 0;
  hooks_.repeat(largest.ssrc, largest.sequence);
  return largest.size + packet_overhead;
}

StructurePtr Estimator::stats() const {
  Shown shown;
  {
    std::lock_guard lock(mutex_);
    shown = shown_;
  }
  const auto &state = shown.state;
  const auto nanoseconds = [](Duration duration) {
    return static_cast<guint64>(
        std::max<Duration::rep>(0, duration_cast<std::chrono::nanoseconds>(duration).count()));
  };
  return StructurePtr(gst_structure_new(
      "application/x-rtc-congestion", "estimated-bitrate", G_TYPE_DOUBLE, estimate_.load(),
      "reason", G_TYPE_STRING, name_of(state.reason), "acknowledged-bitrate", G_TYPE_DOUBLE,
      state.acknowledged, "delay-based-bitrate", G_TYPE_DOUBLE, state.delay_based, "packet-loss",
      G_TYPE_DOUBLE, state.loss, "round-trip-time", G_TYPE_UINT64, nanoseconds(state.rtt),
      "queueing-delay", G_TYPE_UINT64, nanoseconds(state.queueing), "application-limited",
      G_TYPE_BOOLEAN, gboolean(state.application_limited), "probes", G_TYPE_UINT, shown.probes,
      "packets-sent", G_TYPE_UINT64, sent_packets_.load(), "bytes-sent", G_TYPE_UINT64,
      sent_bytes_.load(), nullptr));
}

}  // namespace rtc
