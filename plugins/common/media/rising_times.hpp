// Presentation times that rise with the RTP timestamps of received packets.
//
// rtpjitterbuffer (GStreamer 1.22) reckons the time of a packet when it arrives, by the clock skew
// of that moment, and looks for times that go backwards among packets in the order of arrival. A
// packet that was sent again, or overtaken, while the skew changes fast (after a gap) then is
// earlier than the frame before it.
//
// Threads: the streaming thread of the pad.
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace rtc {

// Of one stream (pure).
class RisingTimes {
 public:
  using Time = std::chrono::nanoseconds;

  // A packet is put that much later at most for the time to rise evenly, and otherwise as late as
  // the one before.
  static constexpr std::chrono::milliseconds lead{100};

  explicit RisingTimes(unsigned clock_rate) : clock_rate_(clock_rate) {}

  // The time that the packet is to have: `time`, or later.
  Time correct(uint32_t timestamp, Time time);

 private:
  struct Packet {
    uint32_t timestamp;
    Time time;
  };

  const int64_t clock_rate_;
  std::optional<Packet> newest_;
};

// Corrects the RTP packets that leave by the pad from now on.
void keep_times_rising(GstPad *rtp, unsigned clock_rate);

}  // namespace rtc
