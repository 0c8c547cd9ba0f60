#include "session/dtls_elements.hpp"

#include <initializer_list>

#include "base/find_element.hpp"

namespace rtc {

void disconnect_listener(GObject *listener) {
  // GLib has no call for this, as long as the other side is not known, which dtlsdec keeps to
  // itself. Here it remembers what to disconnect when the object is freed.
  g_object_set_data(listener, "GObject-closure-array", nullptr);
}

void release_dtls(GstElement *webrtcbin) {
  for (const auto *name : {"dtlsdec", "dtlsenc"})
    for_each_element(webrtcbin, name,
                     [](GstElement *element) { disconnect_listener(G_OBJECT(element)); });
}

}  // namespace rtc
