// Surround sound whose recording does not say which channel is which speaker: audioconvert would
// refuse to mix it down to stereo.
#pragma once

#include <gst/gst.h>

namespace rtc {

// From now on, what comes to `pad` without a layout gets the usual one for their number of
// channels.
void assume_channel_layout(GstPad *pad);

}  // namespace rtc
