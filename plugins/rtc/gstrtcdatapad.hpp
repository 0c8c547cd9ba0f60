// The pad that takes what a data channel is to send: a ghost pad with properties.
#pragma once

#include <gst/gst.h>

#include "data/data_feed.hpp"

G_BEGIN_DECLS
#define GST_TYPE_RTC_DATA_PAD gst_rtc_data_pad_get_type()
G_DECLARE_FINAL_TYPE(GstRtcDataPad, gst_rtc_data_pad, GST, RTC_DATA_PAD, GstGhostPad)
G_END_DECLS

namespace rtc {

// Without a target; floating.
GstPad *new_rtc_data_pad(const char *name, GstPadTemplate *pad_template);
DataFeedSettings feed_settings(GstPad *pad);

}  // namespace rtc
