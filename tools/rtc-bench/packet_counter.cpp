#include "packet_counter.hpp"

#include "media/rtp_frame.hpp"

namespace rtc::bench {

namespace {

// RFC 3550 section 5.3.1, RFC 7741 sections 4.2 and 4.3.
bool begins_vp8_keyframe(const uint8_t *bytes, size_t size) {
  size_t at = rtp_header_size;
  if (bytes[0] & 0x10) at += 4 + 4 * static_cast<size_t>(GST_READ_UINT16_BE(bytes + at + 2));
  if (at + 7 > size) return false;
  const auto descriptor = bytes[at++];
  if (descriptor & 0x80) {
    const auto extension = bytes[at++];
    if (extension & 0x80) at += bytes[at] & 0x80 ? 2 : 1;
    if (extension & 0x40) at++;
    if (extension & 0x30) at++;
  }
  return (descriptor & 0x17) == 0x10 && !(bytes[at] & 1);
}

}  // namespace

PacketCounter::Firsts PacketCounter::add(GstBuffer *buffer) {
  uint8_t bytes[64];
  const auto size = gst_buffer_extract(buffer, 0, bytes, sizeof bytes);
  if (size < rtp_header_size + 4) return {};
  const auto header = parse_rtp_header(bytes);
  std::lock_guard lock(mutex_);
  Firsts firsts;
  firsts.packet = !started_;
  if (firsts.packet) {
    started_ = true;
    ssrc_ = header.ssrc;
    highest_ = header.sequence - 1;
    base_ = highest_;
  }
  if (header.ssrc != ssrc_) {
    counts_.repeated++;
    return {};
  }
  const auto step = static_cast<int16_t>(header.sequence - static_cast<uint16_t>(highest_));
  if (step > 0) highest_ += step;
  counts_.packets++;
  counts_.bytes += static_cast<int64_t>(gst_buffer_get_size(buffer));
  if (header.marker) counts_.frames++;
  firsts.keyframe = !decodable_ && begins_vp8_keyframe(bytes, size);
  decodable_ = decodable_ || firsts.keyframe;
  return firsts;
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
