// Registers the elements of this plugin; nothing else does.

#include <gst/gst.h>

#include "base/log.hpp"
#include "gstrtcgcc.hpp"

static gboolean plugin_init(GstPlugin *plugin) {
  rtc::init_log();
  return GST_ELEMENT_REGISTER(rtcgcc, plugin);
}

#define PACKAGE "gst-rtc"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, rtccongestion,
                  "Congestion control for webrtcbin", plugin_init, RTC_VERSION, "LGPL", "gst-rtc",
                  "gst-rtc")
