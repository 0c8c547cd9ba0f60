// Frees what webrtcbin loses when a data channel ends in the middle of something.
#pragma once

#include <gst/gst.h>

namespace rtc {

// webrtcbin has the appsrc and the appsink of a data channel in bins that close the channel when
// one of them posts an error. Those of GStreamer 1.22 never free its message, which holds the
// element with all that waits in it (later versions do, and are left to it). `element` is any
// element that was added to a webrtcbin; others than these bins are left alone. Messages come on
// the threads that post them.
void free_channel_errors(GstElement *element);

}  // namespace rtc
