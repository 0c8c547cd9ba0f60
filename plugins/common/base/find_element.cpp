#include "base/find_element.hpp"

namespace rtc {

Ref<GstElement> find_element(GstElement *bin, const char *factory) {
  auto *found = gst_bin_iterate_all_by_element_factory_name(GST_BIN(bin), factory);
  GValue value = G_VALUE_INIT;
  Ref<GstElement> element;
  GstIteratorResult result;
  while ((result = gst_iterator_next(found, &value)) == GST_ITERATOR_RESYNC)
    gst_iterator_resync(found);
  if (result == GST_ITERATOR_OK) element = share(GST_ELEMENT(g_value_get_object(&value)));
  g_value_unset(&value);
  gst_iterator_free(found);
  return element;
}

void for_each_element(GstElement *bin, const char *factory,
                      const std::function<void(GstElement *)> &call) {
  auto *found = gst_bin_iterate_all_by_element_factory_name(GST_BIN(bin), factory);
  const auto each = [](const GValue *element, gpointer data) {
    const auto &function = *static_cast<const std::function<void(GstElement *)> *>(data);
    function(GST_ELEMENT(g_value_get_object(element)));
  };
  auto *data = const_cast<std::function<void(GstElement *)> *>(&call);
  while (gst_iterator_foreach(found, each, data) == GST_ITERATOR_RESYNC) gst_iterator_resync(found);
  gst_iterator_free(found);
}

}  // namespace rtc
