// The RTP header extensions (RFC 8285) that our sessions use: transport-wide sequence numbers,
// which congestion control lives on, and the time of sending.
#pragma once

#include <gst/gst.h>

#include "media/rtp_frame.hpp"
#include "message/sdp.hpp"

namespace rtc {

// Names the extensions with the ids of `layout` in RTP caps, as webrtcbin takes them.
void add_extensions(GstCaps *caps, const RtpLayout &layout);

// The ids that a description of the other side gives them.
RtpLayout layout_of(const SdpMedia &media, int payload_type);

}  // namespace rtc
