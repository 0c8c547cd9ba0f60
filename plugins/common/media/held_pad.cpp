#include "media/held_pad.hpp"

namespace rtc {

namespace {

constexpr auto hold_key = "rtc-hold-probe";
constexpr auto data = GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);

void set_hold_probe(GstPad *pad, GstPadProbeType type, GstPadProbeCallback callback) {
  const auto id = type ? gst_pad_add_probe(pad, type, callback, nullptr, nullptr) : 0;
  const auto old = GPOINTER_TO_SIZE(g_object_steal_data(G_OBJECT(pad), hold_key));
  if (id) g_object_set_data(G_OBJECT(pad), hold_key, GSIZE_TO_POINTER(id));
  if (old) gst_pad_remove_probe(pad, old);
}

}  // namespace

void hold_back(GstPad *pad) {
  set_hold_probe(pad, GstPadProbeType(GST_PAD_PROBE_TYPE_BLOCK | data),
                 [](GstPad *, GstPadProbeInfo *, gpointer) { return GST_PAD_PROBE_OK; });
}

void discard(GstPad *pad) {
  set_hold_probe(pad, data,
                 [](GstPad *, GstPadProbeInfo *, gpointer) { return GST_PAD_PROBE_DROP; });
}

void release(GstPad *pad) { set_hold_probe(pad, GstPadProbeType(0), nullptr); }

}  // namespace rtc
