// Makes up for what the DTLS elements of GStreamer do wrong when they are freed.
#pragma once

#include <gst/gst.h>

namespace rtc {

// When the elements of a webrtcbin have stopped and before they are freed. A DTLS connection has
// timers of a second and more, and each of them keeps it: the last one to fire frees it on the
// thread of the system clock. dtlsdec and dtlsenc listen to it until they are freed themselves, and
// GLib crashes where both happen at once. So they stop listening while the connection is sure to
// live. No version is known that does it right.
void release_dtls(GstElement *webrtcbin);

// Whatever `listener` was to be told of, connected by g_signal_connect_object() or a closure of its
// own, it is told no more.
void disconnect_listener(GObject *listener);

}  // namespace rtc
