#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_RTC_PEER (gst_rtc_peer_get_type())
G_DECLARE_FINAL_TYPE(GstRtcPeer, gst_rtc_peer, GST, RTC_PEER, GstBin)
GST_ELEMENT_REGISTER_DECLARE(rtcpeer);

G_END_DECLS
