// Takes transport-wide feedback where it enters webrtcbin, at nicesrc. Its way on, through a queue
// with a thread of its own and libsrtp, took a tenth of all that a viewer costs which sends it
// ten times a second. What else is in RTCP, or protected by other ciphers than AES128_CM_SHA1_80,
// goes that way, to where TransportWide::watch() reads what feedback there is.
//
// Threads: watch() is for the thread that adds the element; packets are read on the streaming
// thread they come on.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <span>

#include "session/transport_wide.hpp"
#include "srtp/rtcp_opener.hpp"

namespace rtc {

class EarlyFeedback {
 public:
  explicit EarlyFeedback(std::shared_ptr<TransportWide> transport);

  // `element` is any element that was added to a webrtcbin; others than nicesrc and dtlsdec are
  // left alone.
  static void watch(GstElement *element, const std::shared_ptr<EarlyFeedback> &self);

  // What the other side protects RTCP with.
  void use_key(srtp::Master master);
  // True: what came in is done with.
  bool take(std::span<const uint8_t> packet);

 private:
  static GstPadProbeReturn pass(GstPad *pad, GstPadProbeInfo *info, gpointer data);
  void take_key(GstElement *dtlsdec);

  const std::shared_ptr<TransportWide> transport_;
  std::mutex mutex_;
  std::unique_ptr<srtp::RtcpOpener> opener_;  // guarded by mutex_
};

}  // namespace rtc
