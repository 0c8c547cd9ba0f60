// Makes the rtprtxsend elements of a connection send packets again that nobody asked for, to probe
// the path.
//
// Threads: any.
#pragma once

#include <gst/gst.h>

#include <mutex>
#include <vector>

#include "base/ref.hpp"

namespace rtc {

class Repeater {
 public:
  void add(GstElement *rtprtxsend);
  // The packet leaves as a retransmission if it is still remembered and the receiver takes
  // retransmissions.
  void repeat(guint ssrc, guint16 sequence);

  // The request as rtprtxsend takes it, and whether an event is such a request.
  static Ref<GstEvent> request(guint ssrc, guint16 sequence);
  static bool is_request(GstEvent *event);

 private:
  std::mutex mutex_;  // guards everything below
  std::vector<Ref<GstPad>> pads_;
};

}  // namespace rtc
