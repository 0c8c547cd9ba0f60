// Counts the RTP packets of one track as they arrive, before any jitter buffer.
//
// Threads: add() on the streaming thread, the rest from any thread.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <mutex>

namespace rtc::bench {

class PacketCounter {
 public:
  struct Counts {
    int64_t packets = 0;  // of the track
    int64_t lost = 0;     // never came, or only as a retransmission
    int64_t frames = 0;   // packets with the marker bit
    int64_t bytes = 0;
    int64_t repeated = 0;  // of other SSRCs: retransmissions
  };

  struct Firsts {
    bool packet = false;
    bool keyframe = false;  // of VP8: decoding can begin
  };

  // Whether this packet is the first one of its sort.
  Firsts add(GstBuffer *buffer);
  // What came since the last call.
  Counts take();

 private:
  std::mutex mutex_;  // guards everything below
  bool started_ = false;
  bool decodable_ = false;
  uint32_t ssrc_ = 0;
  int64_t highest_ = 0;  // extended sequence number
  int64_t base_ = 0;     // of the present window
  Counts counts_;
};

}  // namespace rtc::bench
