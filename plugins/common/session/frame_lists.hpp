// Keeps a frame's packets together on their way through webrtcbin.
#pragma once

#include <gst/gst.h>

namespace rtc {

// webrtcbin puts rtpulpfecenc and rtpredenc before every track. Up to GStreamer 1.22 they take
// single packets only, so that all that follows them, down to a system call per packet, works
// packet by packet. With no FEC negotiated they change nothing, and a frame may go past them in one
// piece. `element` is any element that was added to a webrtcbin; others than these two are left
// alone.
void let_lists_pass(GstElement *element);

}  // namespace rtc
