// One debug category for everything below the elements: GST_DEBUG=rtc:6.
// A line never holds SDP passwords, tokens or TURN credentials: pass text from outside through
// redact().
#pragma once

#include <gst/gst.h>

namespace rtc {

// Registers the category once; every plugin calls it from plugin_init.
void init_log();

extern GstDebugCategory *log_category;

}  // namespace rtc

#define RTC_ERROR(...) GST_CAT_ERROR(rtc::log_category, __VA_ARGS__)
#define RTC_WARNING(...) GST_CAT_WARNING(rtc::log_category, __VA_ARGS__)
#define RTC_INFO(...) GST_CAT_INFO(rtc::log_category, __VA_ARGS__)
#define RTC_DEBUG(...) GST_CAT_DEBUG(rtc::log_category, __VA_ARGS__)
#define RTC_TRACE(...) GST_CAT_LOG(rtc::log_category, __VA_ARGS__)
