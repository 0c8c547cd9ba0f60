// Messages that belong to frames of a track: a data channel (as createDataChannel() makes them,
// with whatever options) whose subprotocol (RTCDataChannel.protocol) is "gst-rtc-timed". This page
// is all that an implementation in another language needs; what is here is pure: no channel, no
// clock.
//
// Every message is binary, a header and the payload. Numbers are big-endian.
//   byte 0      version: 1
//   byte 1      what the payload is: 1 text (UTF-8), 2 JSON (UTF-8), 3 KLV (SMPTE 336M)
//   byte 2      M, the length of the mid: 1 to 32, or 0: the message belongs to no frame
//   byte 3      0; to be ignored
//   bytes 4-7   RTP timestamp of the frame, in the packets that the receiver of this message gets;
//               0 where M is 0
//   M bytes     mid (RFC 8843) of the m= section of the frame's track, visible ASCII
//   the rest    payload
//
// The timestamp need not be that of a packet: what happened between two frames has one between
// theirs. A receiver goes by the nearest one that it knows, modulo 2^32 at the track's clock rate.
// Messages of another version, or of another kind of payload, are ignored, and so is what is no
// such message: later versions may add some.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace rtc {

constexpr const char *timed_subprotocol = "gst-rtc-timed";

enum class TimedKind : uint8_t { text = 1, json = 2, klv = 3 };

// A moment of a track, as one receiver gets it.
struct FrameReference {
  std::string mid;
  uint32_t timestamp = 0;  // RTP

  bool operator==(const FrameReference &) const = default;
};

struct TimedMessage {
  TimedKind kind = TimedKind::text;
  std::optional<FrameReference> frame;
  std::string_view payload;  // of the bytes that were read
};

Result<TimedMessage> read_timed(std::string_view bytes);

// What stands before the payload. A mid that has no place in it is as none.
std::string timed_header(TimedKind kind, const std::optional<FrameReference> &frame);

}  // namespace rtc
