#include "session/sctp_elements.hpp"

#include <string_view>

#include "base/find_element.hpp"
#include "data/sctp_packet.hpp"

namespace rtc {

namespace {

constexpr uint32_t most_chunks = 448;  // under way
// What usrsctp takes off a window for a chunk under way, beside its data.
constexpr uint32_t overhead = 256;
constexpr uint32_t smoothing = 32;  // chunks

using Owner = std::shared_ptr<SctpWindow>;

// Hands `each` every buffer that passes the pad; it gives the buffer to go on.
template <auto each>
void on_packets(GstElement *element, const char *name, const Owner &window) {
  const auto pad = adopt(gst_element_get_static_pad(element, name));
  gst_pad_add_probe(
      pad.get(), GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
      [](GstPad *, GstPadProbeInfo *info, gpointer data) {
        auto &self = **static_cast<Owner *>(data);
        if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
          info->data = each(self, GST_PAD_PROBE_INFO_BUFFER(info));
          return GST_PAD_PROBE_OK;
        }
        auto *list = gst_buffer_list_make_writable(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
        gst_buffer_list_foreach(
            list,
            [](GstBuffer **buffer, guint, gpointer owner) -> gboolean {
              *buffer = each(*static_cast<SctpWindow *>(owner), *buffer);
              return TRUE;
            },
            &self);
        info->data = list;
        return GST_PAD_PROBE_OK;
      },
      new Owner(window), [](gpointer data) { delete static_cast<Owner *>(data); });
}

}  // namespace

void SctpWindow::watch(GstElement *element, const Owner &window) {
  const auto *factory = gst_element_get_factory(element);
  const std::string_view name = factory ? GST_OBJECT_NAME(factory) : "";
  if (name == "sctpdec") {
    on_packets<[](SctpWindow &self, GstBuffer *buffer) { return self.limit(buffer); }>(
        element, "sink", window);
  } else if (name == "sctpenc") {
    on_packets<[](SctpWindow &self, GstBuffer *buffer) {
      self.count(buffer);
      return buffer;
    }>(element, "src", window);
  }
}

uint32_t SctpWindow::most() const {
  return most_chunks * (chunk_.load(std::memory_order_relaxed) + overhead);
}

// Comes on one thread only.
void SctpWindow::count(GstBuffer *buffer) {
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return;
  const auto found = data_chunks({map.data, map.size});
  gst_buffer_unmap(buffer, &map);
  auto mean = chunk_.load(std::memory_order_relaxed);
  for (size_t i = 0; i < found.count; i++)
    mean = (mean * (smoothing - 1) + uint32_t(found.bytes / found.count)) / smoothing;
  chunk_.store(mean, std::memory_order_relaxed);
}

GstBuffer *SctpWindow::limit(GstBuffer *buffer) const {
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return buffer;
  const bool large = announced_window({map.data, map.size}) > most();
  gst_buffer_unmap(buffer, &map);
  if (!large) return buffer;
  buffer = gst_buffer_make_writable(buffer);
  if (!gst_buffer_map(buffer, &map, GST_MAP_READWRITE)) return buffer;
  limit_window({map.data, map.size}, most());
  gst_buffer_unmap(buffer, &map);
  return buffer;
}

void release_sctp(GstElement *webrtcbin) {
  const auto encoder = find_element(webrtcbin, "sctpenc");
  if (!encoder) return;
  const auto pad = adopt(gst_element_get_static_pad(encoder.get(), "src"));
  gst_pad_send_event(pad.get(), gst_event_new_flush_start());
}

}  // namespace rtc
