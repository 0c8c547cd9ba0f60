#include "media/frame_thinner.hpp"

#include <algorithm>

namespace rtc {

bool FrameClock::keeps(GstClockTime time) {
  if (!framerate_ || !GST_CLOCK_TIME_IS_VALID(time)) return true;
  const GstClockTime period = GST_SECOND / framerate_;
  // Frames come a little early or late; after a gap or a jump the count begins anew.
  const auto early = period / 4;
  const bool lost =
      !GST_CLOCK_TIME_IS_VALID(due_) || time > due_ + period || time + 2 * period < due_;
  if (!lost && time + early < due_) return false;
  due_ = (lost ? time : due_) + period;
  return true;
}

void FrameThinner::set_framerate(unsigned framerate) {
  if (framerate == framerate_) return;
  framerate_ = framerate;
  clock_ = FrameClock(framerate);
  caps_in_.reset();
}

Ref<GstSample> FrameThinner::thin(GstSample *sample) {
  if (!framerate_) return share(sample);
  if (!clock_.keeps(GST_BUFFER_PTS(gst_sample_get_buffer(sample)))) return {};
  auto *caps = gst_sample_get_caps(sample);
  if (!caps_in_ || !gst_caps_is_equal(caps_in_.get(), caps)) {
    caps_in_ = share(caps);
    caps_out_ = adopt(gst_caps_copy(caps));
    gst_caps_set_simple(caps_out_.get(), "framerate", GST_TYPE_FRACTION,
                        static_cast<int>(framerate_), 1, nullptr);
  }
  return adopt(gst_sample_new(gst_sample_get_buffer(sample), caps_out_.get(),
                              gst_sample_get_segment(sample), nullptr));
}

}  // namespace rtc
