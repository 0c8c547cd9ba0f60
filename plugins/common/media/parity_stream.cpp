#include "media/parity_stream.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace rtc {

namespace {
// Small frames share a parity packet, as long as it would not come later than a retransmission. In
// ticks of video's clock: 50 ms, and what is older than 100 ms is left unprotected.
constexpr int32_t due_after = 4500, too_late = 9000;
constexpr size_t most_frames = 4;
// A frame that is protected by more than was earned beats one that is not at all.
constexpr double enough = 0.3;

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

void ParityStream::add(GstBufferList *packets) {
  const auto length = gst_buffer_list_length(packets);
  for (guint i = 0; i < length; i++) {
    auto *packet = gst_buffer_list_get(packets, i);
    RtpBytes bytes(gst_buffer_get_size(packet));
    gst_buffer_extract(packet, 0, bytes.data(), bytes.size());
    unprotected_.push_back(to_protect(bytes, extensions_));
  }
  const auto timestamp = GST_READ_UINT32_BE(unprotected_.back().data() + 4);
  interval_ = latest_ ? static_cast<int32_t>(timestamp - *latest_) : 0;
  latest_ = timestamp;
  frames_.push_back({timestamp, length});
  while (frames_.size() > most_frames ||
         static_cast<int32_t>(frames_.back().timestamp - frames_.front().timestamp) > too_late) {
    const auto dropped = static_cast<ptrdiff_t>(frames_.front().packets);
    unprotected_.erase(unprotected_.begin(), unprotected_.begin() + dropped);
    frames_.pop_front();
  }
}

Ref<GstBufferList> ParityStream::frame(GstBufferList *packets, double part, uint32_t send_time) {
  const auto length = gst_buffer_list_length(packets);
  if (part <= 0 || !length) {
    unprotected_.clear();
    frames_.clear();
    earned_ = 0;
    return {};
  }
  add(packets);
  earned_ += part * length;
  const auto age = static_cast<int32_t>(frames_.back().timestamp - frames_.front().timestamp);
  const bool last_moment =
      age >= due_after || frames_.size() == most_frames || age + interval_ >= too_late;
  if (earned_ < 1 && !(last_moment && earned_ >= enough)) return {};

  auto list = adopt(gst_buffer_list_new());
  const auto pts = GST_BUFFER_PTS(gst_buffer_list_get(packets, 0));
  const std::vector<RtpBytes> all(std::make_move_iterator(unprotected_.begin()),
                                  std::make_move_iterator(unprotected_.end()));
  const auto known = std::span(all);
  const auto groups = (known.size() + flexfec_span - 1) / flexfec_span;
  const auto due = std::max(static_cast<size_t>(earned_), groups);
  for (size_t i = 0; i < groups; i++) {
    const auto from = known.size() * i / groups, to = known.size() * (i + 1) / groups;
    const auto count = due * (i + 1) / groups - due * i / groups;
    for (const auto &payload : flexfec_payloads(known.subspan(from, to - from), count))
      gst_buffer_list_add(list.get(), make(payload, send_time, pts).release());
  }
  earned_ = std::max(0., earned_ - static_cast<double>(due));
  unprotected_.clear();
  frames_.clear();
  return list;
}

Ref<GstBuffer> ParityStream::make(const RtpBytes &payload, uint32_t send_time, GstClockTime pts) {
  RtpFrame::Packet packet;
  packet.payload = adopt(gst_buffer_new_memdup(payload.data(), payload.size()));
  RtpHeader header;
  header.sequence = next_sequence_++;
  // That of the last packet it protects; receivers go by what is in the payload.
  header.timestamp = frames_.back().timestamp;
  header.ssrc = stream_.ssrc;
  return make_packet(packet, header, layout_, send_time, pts);
}

}  // namespace rtc
