// One stream of bytes, sent whole or known to be cut short, over reliable ordered WebRTC data
// channels (as createDataChannel() makes them without other options) whose
// subprotocol (RTCDataChannel.protocol) is "gst-rtc-stream". This page is all that an
// implementation in another language needs; what is here is pure: no channel, no clock.
//
// Text messages are control messages, each one JSON object of at most 4096 bytes. Numbers are
// written as plain digits, from 0 to 2^53 - 1. Unknown members are ignored, and so are messages
// of an unknown `type`: later versions may add some. Binary messages are the bytes.
//
// Of the sender:
//   {"type":"begin","stream":"<id>","offset":N,"length":L}
//       The bytes that follow are those of the stream from byte N on. The first message on every
//       channel: N is 0 on the first one, and what was acknowledged so far on each that replaces a
//       lost one. It may be sent again on a channel, to leave out bytes that an ack has just made
//       needless. <id>: 32 hexadecimal digits, drawn at random for each stream. "length", where
//       the total is known, is for the display of progress; what counts is "size" below.
//   binary
//       The next bytes, 16384 or fewer at a time (larger ones block other channels, and some
//       implementations refuse more than 65536).
//   {"type":"end","size":N}
//       The stream is complete and N bytes long.
// Of the receiver, after the first begin on a channel:
//   {"type":"ack","received":N}
//       The receiver's consumer has taken all bytes before N; sent whenever it took another 65536.
//   {"type":"ack","received":N,"complete":true}
//       The same once the end was seen and everything is taken: N is the size. Only this tells
//       the sender that it is done, since an ack of all bytes may be older than the end. It answers
//       each end, and each begin of a stream that is complete already.
// Of either:
//   {"type":"abort","reason":"<words for the other side's user>"}
//       The stream ends here, incomplete, on this channel and for ever.
//
// The sender keeps what is not acknowledged, its window: from 65536 bytes, or no ack would ever
// come, to 16777216. It sends nothing beyond it. When the channel is lost without an abort, it may
// open another, begin at what is acknowledged and send again from there. The receiver throws away
// what it has already. For the receiver these are errors, which it answers with abort: a begin
// beyond the bytes it has (a gap) or of another stream, bytes before the first begin on a channel
// or after the end, an end with another size than what came, more than 16777216 bytes that its
// consumer has not taken. For both: what is no control message, or one that only the other sends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"

namespace rtc {

constexpr const char *stream_subprotocol = "gst-rtc-stream";
constexpr size_t stream_ack_interval = 65536;
constexpr size_t stream_max_window = 16777216;

struct StreamBegin {
  std::string stream;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};
struct StreamEnd {
  uint64_t size = 0;
};
struct StreamAck {
  uint64_t received = 0;
  bool complete = false;
};
struct StreamAbort {
  std::string reason;
};
// Of a later version: to be ignored.
struct StreamUnknown {};
using StreamControl = std::variant<StreamUnknown, StreamBegin, StreamEnd, StreamAck, StreamAbort>;

Result<StreamControl> read_stream_control(std::string_view text);

std::string write(const StreamBegin &message);
std::string write(const StreamEnd &message);
std::string write(const StreamAck &message);
std::string write(const StreamAbort &message);

// The other side breaks the protocol: `what` it sent.
Error stream_protocol_error(const std::string &what);
Error stream_aborted(const StreamAbort &message);

}  // namespace rtc
