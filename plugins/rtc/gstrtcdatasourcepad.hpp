// The pad out of which comes what a data channel brings: its properties tell what channel that is.
#pragma once

#include <gst/gst.h>

#include <string>

#include "data/data_channel.hpp"

G_BEGIN_DECLS
#define GST_TYPE_RTC_DATA_SOURCE_PAD gst_rtc_data_source_pad_get_type()
G_DECLARE_FINAL_TYPE(GstRtcDataSourcePad, gst_rtc_data_source_pad, GST, RTC_DATA_SOURCE_PAD, GstPad)
G_END_DECLS

namespace rtc {

GstPadTemplate *data_source_template(const char *name);
// Floating.
GstPad *new_rtc_data_source_pad(const char *name, GstPadTemplate *pad_template);
void set_channel(GstPad *pad, const DataChannelInit &channel, const std::string &peer);

}  // namespace rtc
