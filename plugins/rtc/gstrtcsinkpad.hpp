// The pad of rtcsink that takes video: a ghost pad with properties.
#pragma once

#include <gst/gst.h>

#include "media/codec.hpp"

G_BEGIN_DECLS
#define GST_TYPE_RTC_SINK_PAD gst_rtc_sink_pad_get_type()
G_DECLARE_FINAL_TYPE(GstRtcSinkPad, gst_rtc_sink_pad, GST, RTC_SINK_PAD, GstGhostPad)
G_END_DECLS

namespace rtc {

// Without a target; floating.
GstPad *new_rtc_sink_pad(const char *name, GstPadTemplate *pad_template, MediaKind kind);

}  // namespace rtc
