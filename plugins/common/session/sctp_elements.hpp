// Makes up for what the sctpenc of GStreamer, up to 1.22, does wrong when SCTP is full. The thread
// that feeds a channel then waits in it, 100 ms at a time, until SCTP takes more.
//
// Threads: any; packets are looked at on the streaming threads they come on.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>

namespace rtc {

// Only a packet that leaves wakes the thread, not an acknowledgment that comes and makes room. When
// all that SCTP holds is under way, which usrsctp limits to 512 chunks, nothing is left to be sent
// when acknowledgments come, and the channel stands still for the rest of the 100 ms, again and
// again on a fast path. So the windows that the peer announces are made smaller: fewer chunks are
// under way than SCTP holds, and whenever it is full something is left to be sent.
class SctpWindow {
 public:
  // `element` is any element that was added to a webrtcbin; others than sctpenc and sctpdec are
  // left alone.
  static void watch(GstElement *element, const std::shared_ptr<SctpWindow> &window);

 private:
  GstBuffer *limit(GstBuffer *buffer) const;
  void count(GstBuffer *buffer);
  uint32_t most() const;

  std::atomic<uint32_t> chunk_{1200};  // bytes of user data in a chunk, mean of the last ones
};

// Before the elements of a webrtcbin stop: sctpenc does not wake the thread when it stops, and
// stopping waits for that thread, so that both would wait for ever, with all that the connection
// holds, where the peer is gone or takes nothing. A flush wakes it.
void release_sctp(GstElement *webrtcbin);

}  // namespace rtc
