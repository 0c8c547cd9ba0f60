#include "media/parity_stream.hpp"

#include <algorithm>
#include <cmath>

namespace rtc {

namespace {
// Small frames share a parity packet. Later than this it is of little use.
constexpr unsigned most_frames = 4;

RtpLayout with_type(RtpLayout layout, uint8_t payload_type) {
  layout.payload_type = payload_type;
  return layout;
}
}  // namespace

ParityStream::ParityStream(const FecStream &stream, const RtpLayout &layout)
    : stream_(stream),
      layout_(with_type(layout, stream.payload_type)),
      extensions_{layout.transport_cc_id, layout.abs_send_time_id},
      next_sequence_(static_cast<uint16_t>(g_random_int() & 0x7fff)) {}

Ref<GstBufferList> ParityStream::frame(GstBufferList *packets, double part, uint32_t send_time) {
  if (part <= 0) {
    unprotected_.clear();
    frames_ = 0;
    return {};
  }
  for (guint i = 0; i < gst_buffer_list_length(packets); i++) {
    auto *packet = gst_buffer_list_get(packets, i);
    RtpBytes bytes(gst_buffer_get_size(packet));
    gst_buffer_extract(packet, 0, bytes.data(), bytes.size());
    unprotected_.push_back(to_protect(bytes, extensions_));
  }
  const auto earned = part * static_cast<double>(unprotected_.size());
  if ((++frames_ < most_frames && earned < 1) || unprotected_.empty()) return {};

  auto list = adopt(gst_buffer_list_new());
  const auto pts = GST_BUFFER_PTS(gst_buffer_list_get(packets, 0));
  const auto known = std::span<const RtpBytes>(unprotected_);
  const auto groups = (known.size() + flexfec_span - 1) / flexfec_span;
  for (size_t i = 0; i < groups; i++) {
    const auto from = known.size() * i / groups, to = known.size() * (i + 1) / groups;
    const auto count = std::max(1L, std::lround(part * static_cast<double>(to - from)));
    for (const auto &payload :
         flexfec_payloads(known.subspan(from, to - from), static_cast<size_t>(count)))
      gst_buffer_list_add(list.get(), make(payload, send_time, pts).release());
  }
  unprotected_.clear();
  frames_ = 0;
  return list;
}

Ref<GstBuffer> ParityStream::make(const RtpBytes &payload, uint32_t send_time, GstClockTime pts) {
  RtpFrame::Packet packet;
  packet.payload = adopt(gst_buffer_new_memdup(payload.data(), payload.size()));
  RtpHeader header;
  header.sequence = next_sequence_++;
  // That of the last packet it protects; receivers go by what is in the payload.
  header.timestamp = GST_READ_UINT32_BE(unprotected_.back().data() + 4);
  header.ssrc = stream_.ssrc;
  return make_packet(packet, header, layout_, send_time, pts);
}

}  // namespace rtc
