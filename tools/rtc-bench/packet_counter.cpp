#include "packet_counter.hpp"

#include "media/rtp_frame.hpp"

namespace rtc::bench {

bool PacketCounter::add(GstBuffer *buffer) {
  uint8_t bytes[rtp_header_size];
  if (gst_buffer_extract(buffer, 0, bytes, sizeof bytes) != sizeof bytes) return false;
  const auto header = parse_rtp_header(bytes);
  std::lock_guard lock(mutex_);
  const bool first = !started_;
  if (first) {
    started_ = true;
    ssrc_ = header.ssrc;
    highest_ = header.sequence - 1;
    base_ = highest_;
  }
  if (header.ssrc != ssrc_) {
    counts_.repeated++;
    return false;
  }
  const auto step = static_cast<int16_t>(header.sequence - static_cast<uint16_t>(highest_));
  if (step > 0) highest_ += step;
  counts_.packets++;
  counts_.bytes += static_cast<int64_t>(gst_buffer_get_size(buffer));
  if (header.marker) counts_.frames++;
  return first;
}

PacketCounter::Counts PacketCounter::take() {
  std::lock_guard lock(mutex_);
  auto result = counts_;
  result.lost = highest_ - base_ - result.packets;
  counts_ = {};
  base_ = highest_;
  return result;
}

}  // namespace rtc::bench
