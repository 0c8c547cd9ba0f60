#include "session/channel_errors.hpp"

#include <string_view>

namespace rtc {

namespace {

GstBusSyncReply handle(GstBus *, GstMessage *message, gpointer data) {
  auto *bin = GST_BIN(data);
  auto *klass = GST_BIN_GET_CLASS(bin);
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) {
    klass->handle_message(bin, message);
    return GST_BUS_DROP;
  }
  gst_message_ref(message);
  const auto before = GST_MINI_OBJECT_REFCOUNT_VALUE(message);
  klass->handle_message(bin, message);
  // Versions that free it have done so here.
  if (GST_MINI_OBJECT_REFCOUNT_VALUE(message) == before) gst_message_unref(message);
  gst_message_unref(message);
  return GST_BUS_DROP;
}

}  // namespace

void free_channel_errors(GstElement *element) {
  if (G_OBJECT_TYPE_NAME(element) != std::string_view("WebRTCErrorIgnoreBin")) return;
  gst_bus_set_sync_handler(GST_BIN(element)->child_bus, handle, element, nullptr);
}

}  // namespace rtc
