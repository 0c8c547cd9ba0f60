// What to do with what a pad brings while nobody is there to take it: source pads of webrtcbin
// appear with their first packet on a streaming thread, before somebody on the event loop can link
// them.
//
// Threads: any. Each call takes the place of the one before.
#pragma once

#include <gst/gst.h>

namespace rtc {

// Keeps it, and its thread waiting.
void hold_back(GstPad *pad);
void discard(GstPad *pad);
void release(GstPad *pad);

}  // namespace rtc
