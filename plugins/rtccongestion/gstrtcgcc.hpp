#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_RTC_GCC (gst_rtc_gcc_get_type())
G_DECLARE_FINAL_TYPE(GstRtcGcc, gst_rtc_gcc, GST, RTC_GCC, GstElement)
GST_ELEMENT_REGISTER_DECLARE(rtcgcc);

G_END_DECLS
