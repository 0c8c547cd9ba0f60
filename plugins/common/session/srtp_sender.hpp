// Protects the RTP packets of a connection in place of webrtcbin's srtpenc. That one uses libsrtp,
// which distributions build on NSS (Debian 12: libsrtp2 2.5), and there it took 30 of 100 of all
// that sending costs; half of that for an HMAC context that is made anew for every packet. RTCP,
// and ciphers other than AES128_CM_SHA1_80, are left to srtpenc.
//
// Threads: the call is for the thread that adds the element; packets are protected on the streaming
// thread they come on.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "session/transport_wide.hpp"

namespace rtc {

// Packets are numbered by `transport`.
void take_over_srtp(GstElement *srtpenc, const std::shared_ptr<TransportWide> &transport);

}  // namespace rtc
