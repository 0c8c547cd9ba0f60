// Presentation times that rise with the RTP timestamps of packets, in the order in which these
// leave the jitter buffer.
//
// rtpjitterbuffer (GStreamer 1.22) reckons the time of a packet when it arrives, by the clock skew
// of that moment, and looks for times that go backwards among packets in the order of arrival. A
// packet that was sent again, or overtaken, while the skew changes fast (after a gap) then is
// earlier than the frame before it.
//
// Threads: pads of one jitter buffer push from one thread.
#pragma once

#include <gst/gst.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace rtc {

// Of one stream (pure).
class RisingTimes {
 public:
  using Time = std::chrono::nanoseconds;

  // The time that the packet is to have: `time`, or later. Where times had run ahead they go on at
  // half speed at least until they meet again.
  Time correct(uint32_t timestamp, Time time, unsigned clock_rate);

 private:
  struct Packet {
    uint32_t timestamp;
    Time time;
  };

  std::optional<Packet> newest_;
};

// What goes on with a stream where another connection brought it so far (pure). The first times may
// be earlier than what came out last, as long as what is new has not filled its jitter buffer: they
// go on from there at half speed until they are past it.
class Splice {
 public:
  using Time = RisingTimes::Time;

  Splice() = default;
  Splice(Time end, Time first) : behind_(end - first), first_(first) {}

  Time correct(Time time) const {
    return time < first_ ? time : std::max(time, first_ + behind_ + (time - first_) / 2);
  }

 private:
  Time behind_ = Time::min() / 2;
  Time first_{0};
};

// Corrects what the jitter buffer lets out.
void keep_times_rising(GstElement *rtpjitterbuffer);

}  // namespace rtc
