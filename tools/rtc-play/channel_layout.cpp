#include "channel_layout.hpp"

#include <gst/audio/audio.h>

namespace rtc {

namespace {

GstEvent *with_layout(GstEvent *event) {
  GstCaps *caps = nullptr;
  gst_event_parse_caps(event, &caps);
  gint channels = 0;
  guint64 mask = 0;
  const GstStructure *s = gst_caps_get_structure(caps, 0);
  gst_structure_get_int(s, "channels", &channels);
  gst_structure_get(s, "channel-mask", GST_TYPE_BITMASK, &mask, nullptr);
  if (channels <= 2 || mask != 0) return event;
  GstCaps *positioned = gst_caps_copy(caps);
  gst_caps_set_simple(positioned, "channel-mask", GST_TYPE_BITMASK,
                      gst_audio_channel_get_fallback_mask(channels), nullptr);
  gst_event_unref(event);
  event = gst_event_new_caps(positioned);
  gst_caps_unref(positioned);
  return event;
}

// Planar buffers carry a description of their own, which has to agree with the caps.
GstBuffer *with_layout(GstBuffer *buffer) {
  const auto *seen = gst_buffer_get_audio_meta(buffer);
  if (!seen || !GST_AUDIO_INFO_IS_UNPOSITIONED(&seen->info) || seen->info.channels <= 2)
    return buffer;
  buffer = gst_buffer_make_writable(buffer);
  auto &info = gst_buffer_get_audio_meta(buffer)->info;
  gst_audio_channel_positions_from_mask(
      info.channels, gst_audio_channel_get_fallback_mask(info.channels), info.position);
  info.flags = GstAudioFlags(info.flags & ~GST_AUDIO_FLAG_UNPOSITIONED);
  return buffer;
}

GstPadProbeReturn passing(GstPad *, GstPadProbeInfo *info, gpointer) {
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    GST_PAD_PROBE_INFO_DATA(info) = with_layout(GST_PAD_PROBE_INFO_BUFFER(info));
  else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_CAPS)
    GST_PAD_PROBE_INFO_DATA(info) = with_layout(GST_PAD_PROBE_INFO_EVENT(info));
  return GST_PAD_PROBE_OK;
}

}  // namespace

void assume_channel_layout(GstPad *pad) {
  const auto types =
      GstPadProbeType(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_BUFFER);
  gst_pad_add_probe(pad, types, passing, nullptr, nullptr);
}

}  // namespace rtc
