// Makes lost packets of what a connection receives from the parity that came beside them, before
// the jitter buffer misses them. GStreamer 1.22 reads ULPFEC only, and not that of browsers: it
// takes header extensions for no part of what is protected.
//
// Threads: negotiated() on the event loop, counters() any; packets on the streaming thread of the
// transport they come by, of which there are several where the other side does not bundle.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>

#include "media/flexfec.hpp"

namespace rtc {

class ParityReceiver {
 public:
  struct Counters {
    uint64_t packets = 0;    // of parity
    uint64_t recovered = 0;  // of the streams
  };

  // Takes the parity out of what leaves that element, if it is a rtprtxreceive, and puts in what it
  // gives.
  static void watch(GstElement *element, const std::shared_ptr<ParityReceiver> &self);

  // The payload type of parity and the header extensions, the same in all sections of a bundle;
  // type 0: there is none.
  void negotiated(uint8_t payload_type, const FlexfecExtensions &extensions);
  Counters counters() const { return {packets_, recovered_}; }

 private:
  class Transport;

  std::atomic<uint8_t> payload_type_{0};
  std::atomic<uint8_t> transport_cc_id_{0}, abs_send_time_id_{0};
  std::atomic<uint64_t> packets_{0}, recovered_{0};
};

}  // namespace rtc
