// The parity of one track on its way to one viewer: an RTP stream of its own beside that of the
// track, so that the track is the same with it and without. Belongs to whoever sends the track's
// packets.
#pragma once

#include <gst/gst.h>

#include <deque>
#include <optional>

#include "base/ref.hpp"
#include "media/flexfec.hpp"
#include "media/rtp_frame.hpp"

namespace rtc {

// What was negotiated for it; no payload type: the viewer takes none.
struct FecStream {
  uint8_t payload_type = 0;
  uint32_t ssrc = 0;
};

class ParityStream {
 public:
  // `layout`: of the track's packets.
  ParityStream(const FecStream &stream, const RtpLayout &layout);

  // A frame leaves. Returns the packets that are due after it, with about `part` of them for each
  // packet of the track; nothing when more frames are to come first. 0: what was protected before
  // is forgotten.
  Ref<GstBufferList> frame(GstBufferList *packets, double part, uint32_t send_time);

 private:
  Ref<GstBuffer> make(const RtpBytes &payload, uint32_t send_time, GstClockTime pts);

  struct Frame {
    uint32_t timestamp;
    size_t packets;
  };
  void add(GstBufferList *packets);

  const FecStream stream_;
  const RtpLayout layout_;  // of the parity's packets
  const FlexfecExtensions extensions_;
  std::deque<RtpBytes> unprotected_;
  std::deque<Frame> frames_;        // of them
  std::optional<uint32_t> latest_;  // time stamp
  int32_t interval_ = 0;            // between the last two
  double earned_ = 0;               // parity packets, since the last one
  uint16_t next_sequence_;
};

}  // namespace rtc
