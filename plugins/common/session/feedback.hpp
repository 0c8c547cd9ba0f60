// Transport-wide feedback as GStreamer's RTP session reports it (the event RTPTWCCPackets of
// GStreamer 1.22), for rtcgcc in a webrtcbin of somebody else. Our own sessions read it themselves:
// TransportWide.
#pragma once

#include <gst/gst.h>

#include "congestion/transport_feedback.hpp"

namespace rtc {

// What the path carries beside the payload of a packet: IPv4, UDP, the tag of SRTP, the RTP header
// with the extensions for feedback.
constexpr size_t packet_overhead = 20 + 8 + 10 + 24;

// Unwraps sequence numbers from one report to the next; belongs to one session.
class FeedbackReader {
 public:
  TransportFeedback read(const GstStructure &event);

 private:
  int64_t unwrap(uint16_t sequence);

  std::optional<int64_t> last_;
};

}  // namespace rtc
