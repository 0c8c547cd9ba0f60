#include "media/rtp_frame.hpp"

#include <cstring>

namespace rtc {

RtpHeader parse_rtp_header(const uint8_t *data) {
  return {(data[1] & 0x80) != 0, GST_READ_UINT16_BE(data + 2), GST_READ_UINT32_BE(data + 4),
          GST_READ_UINT32_BE(data + 8)};
}

uint32_t abs_send_time(int64_t microseconds) {
  return static_cast<uint32_t>(((static_cast<uint64_t>(microseconds) << 18) / 1000000) & 0xffffff);
}

size_t write_rtp_header(std::array<uint8_t, max_rtp_header_size> &out, const RtpHeader &header,
                        const RtpLayout &layout, uint32_t send_time) {
  const bool extended = layout.transport_cc_id || layout.abs_send_time_id;
  out[0] = static_cast<uint8_t>(0x80 | (extended ? 0x10 : 0));
  out[1] = static_cast<uint8_t>((header.marker ? 0x80 : 0) | layout.payload_type);
  GST_WRITE_UINT16_BE(&out[2], header.sequence);
  GST_WRITE_UINT32_BE(&out[4], header.timestamp);
  GST_WRITE_UINT32_BE(&out[8], header.ssrc);
  if (!extended) return rtp_header_size;
  size_t at = rtp_header_size + 4;
  if (layout.transport_cc_id) {
    out[at] = static_cast<uint8_t>(layout.transport_cc_id << 4 | 1);
    out[at + 1] = out[at + 2] = 0;
    at += 3;
  }
  if (layout.abs_send_time_id) {
    out[at] = static_cast<uint8_t>(layout.abs_send_time_id << 4 | 2);
    GST_WRITE_UINT24_BE(&out[at + 1], send_time);
    at += 4;
  }
  while (at % 4) out[at++] = 0;
  GST_WRITE_UINT16_BE(&out[rtp_header_size], 0xBEDE);
  GST_WRITE_UINT16_BE(&out[rtp_header_size + 2], (at - rtp_header_size - 4) / 4);
  return at;
}

Ref<GstBuffer> make_packet(const RtpFrame::Packet &packet, const RtpHeader &header,
                           const RtpLayout &layout, uint32_t send_time, GstClockTime pts) {
  std::array<uint8_t, max_rtp_header_size> bytes;
  const auto size = write_rtp_header(bytes, header, layout, send_time);
  auto buffer = adopt(gst_buffer_new_memdup(bytes.data(), size));
  gst_buffer_copy_into(buffer.get(), packet.payload.get(), GST_BUFFER_COPY_MEMORY, 0,
                       static_cast<gsize>(-1));
  GST_BUFFER_PTS(buffer.get()) = pts;
  if (header.marker) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_MARKER);
  return buffer;
}

Ref<GstBufferList> RtpRewriter::rewrite(const RtpFrame &frame, int32_t shift, uint32_t send_time) {
  const auto first = next_sequence(frame);
  started_ = true;
  next_sequence_ = static_cast<uint16_t>(first + frame.packets.size());
  if (shift == 0 && layout_ == frame.layout && first == frame.packets.front().header.sequence)
    return frame.list;

  auto list = adopt(gst_buffer_list_new_sized(static_cast<guint>(frame.packets.size())));
  auto sequence = first;
  for (const auto &packet : frame.packets) {
    auto header = packet.header;
    header.sequence = sequence++;
    header.timestamp += static_cast<uint32_t>(shift);
    gst_buffer_list_add(list.get(),
                        make_packet(packet, header, layout_, send_time, frame.pts).release());
  }
  return list;
}

}  // namespace rtc
