// Leaves frames out of raw video so that it has a lower frame rate. What stays keeps its buffer and
// its time; only the caps tell the new rate. The input of a rendition with fewer frames than its
// input goes through one.
//
// Threads: one at a time.
#pragma once

#include <gst/gst.h>

#include "base/ref.hpp"

namespace rtc {

// Which frames stay, by their time (pure).
class FrameClock {
 public:
  explicit FrameClock(unsigned framerate = 0) : framerate_(framerate) {}
  bool keeps(GstClockTime time);

 private:
  unsigned framerate_;  // per second; 0: all stay
  GstClockTime due_ = GST_CLOCK_TIME_NONE;
};

class FrameThinner {
 public:
  void set_framerate(unsigned framerate);

  // The sample to encode, or null for one that is left out.
  Ref<GstSample> thin(GstSample *sample);

 private:
  unsigned framerate_ = 0;
  FrameClock clock_;
  Ref<GstCaps> caps_in_;
  Ref<GstCaps> caps_out_;
};

}  // namespace rtc
