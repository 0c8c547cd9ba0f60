#include "channel_layout.hpp"

#include <gst/audio/audio.h>

namespace rtc {

namespace {

GstPadProbeReturn caps_passing(GstPad *, GstPadProbeInfo *info, gpointer) {
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
  GstCaps *caps = nullptr;
  gst_event_parse_caps(event, &caps);
  gint channels = 0;
  guint64 mask = 0;
  const GstStructure *s = gst_caps_get_structure(caps, 0);
  gst_structure_get_int(s, "channels", &channels);
  gst_structure_get(s, "channel-mask", GST_TYPE_BITMASK, &mask, nullptr);
  if (channels <= 2 || mask != 0) return GST_PAD_PROBE_OK;
  GstCaps *positioned = gst_caps_copy(caps);
  gst_caps_set_simple(positioned, "channel-mask", GST_TYPE_BITMASK,
                      gst_audio_channel_get_fallback_mask(channels), nullptr);
  GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_caps(positioned);
  gst_caps_unref(positioned);
  gst_event_unref(event);
  return GST_PAD_PROBE_OK;
}

}  // namespace

void assume_channel_layout(GstPad *pad) {
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, caps_passing, nullptr, nullptr);
}

}  // namespace rtc
