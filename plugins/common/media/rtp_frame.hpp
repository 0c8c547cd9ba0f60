// RTP packets of one frame as the fan-out carries them, and the rewriting of their headers for a
// viewer whose payload type, extension ids, sequence or time differ. Payload memory is shared by
// all.
#pragma once

#include <gst/gst.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/ref.hpp"

namespace rtc {

// Ids of the header extensions (RFC 8285 one-byte form) and the payload type; 0 means not
// negotiated.
struct RtpLayout {
  uint8_t payload_type = 0;
  uint8_t transport_cc_id = 1;
  uint8_t abs_send_time_id = 2;

  bool operator==(const RtpLayout &) const = default;
};

struct RtpHeader {
  bool marker = false;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
};

// RFC 3550 section 5.1. Reads a header without CSRCs and extension, as payloaders make them.
RtpHeader parse_rtp_header(const uint8_t *data);

// 24-bit 6.18 fixed-point seconds (abs-send-time extension).
uint32_t abs_send_time(int64_t microseconds);

constexpr size_t rtp_header_size = 12;
constexpr size_t max_rtp_header_size = 24;

// Writes header and extensions; returns the size. The transport-wide sequence number is left 0 for
// who sends the packet.
size_t write_rtp_header(std::array<uint8_t, max_rtp_header_size> &out, const RtpHeader &header,
                        const RtpLayout &layout, uint32_t send_time);

// The packets of one frame (video) or one packet (audio). Immutable once made, shared by viewers.
struct RtpFrame {
  struct Packet {
    RtpHeader header;
    Ref<GstBuffer> payload;  // without the RTP header
  };
  std::vector<Packet> packets;
  RtpLayout layout;         // of `list`
  Ref<GstBufferList> list;  // ready to push for viewers that need no rewriting
  bool keyframe = true;     // decoding can start here
  GstClockTime pts = GST_CLOCK_TIME_NONE;
  GstClockTime time = GST_CLOCK_TIME_NONE;  // of its group
  size_t bytes = 0;
};

using RtpFramePtr = std::shared_ptr<const RtpFrame>;

// Makes a packet with its own header memory that shares the payload's.
Ref<GstBuffer> make_packet(const RtpFrame::Packet &packet, const RtpHeader &header,
                           const RtpLayout &layout, uint32_t send_time, GstClockTime pts);

// Gives one viewer an unbroken sequence, whatever was skipped or sent again before.
class RtpRewriter {
 public:
  explicit RtpRewriter(const RtpLayout &layout) : layout_(layout) {}

  // The packets of `frame` for this viewer, `shift` RTP ticks later. The frame's own list when
  // nothing differs.
  Ref<GstBufferList> rewrite(const RtpFrame &frame, int32_t shift, uint32_t send_time);
  // What the first packet of `frame` will be numbered.
  uint16_t next_sequence(const RtpFrame &frame) const {
    return started_ ? next_sequence_ : frame.packets.front().header.sequence;
  }

 private:
  RtpLayout layout_;
  bool started_ = false;
  uint16_t next_sequence_ = 0;
};

}  // namespace rtc
