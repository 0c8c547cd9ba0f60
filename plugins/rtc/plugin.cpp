// Registers the elements of this plugin; nothing else does.

#include <gst/gst.h>

#include "base/log.hpp"
#include "gstrtcpeer.hpp"
#include "gstrtcsink.hpp"
#include "gstrtcsrc.hpp"

static gboolean plugin_init(GstPlugin *plugin) {
  rtc::init_log();
  return GST_ELEMENT_REGISTER(rtcpeer, plugin) && GST_ELEMENT_REGISTER(rtcsink, plugin) &&
         GST_ELEMENT_REGISTER(rtcsrc, plugin);
}

#define PACKAGE "gst-rtc"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, rtc,
                  "WebRTC in one element: signaling, ICE and media around webrtcbin", plugin_init,
                  RTC_VERSION, "LGPL", "gst-rtc", "gst-rtc")
