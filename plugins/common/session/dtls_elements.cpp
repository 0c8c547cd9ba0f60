#include "session/dtls_elements.hpp"

#include <initializer_list>

namespace rtc {

void disconnect_listener(GObject *listener) {
  // GLib has no call for this, as long as the other side is not known, which dtlsdec keeps to
  // itself. Here it remembers what to disconnect when the object is freed.
  g_object_set_data(listener, "GObject-closure-array", nullptr);
}

void release_dtls(GstElement *webrtcbin) {
  for (const auto *name : {"dtlsdec", "dtlsenc"}) {
    auto *elements = gst_bin_iterate_all_by_element_factory_name(GST_BIN(webrtcbin), name);
    const auto release = [](const GValue *element, gpointer) {
      disconnect_listener(G_OBJECT(g_value_get_object(element)));
    };
    while (gst_iterator_foreach(elements, release, nullptr) == GST_ITERATOR_RESYNC)
      gst_iterator_resync(elements);
    gst_iterator_free(elements);
  }
}

}  // namespace rtc
