// GstChildProxy for elements whose children are their pads; what else is in them is nobody's
// business. A launch line sets pad properties with it: data_0::label=chat.
#pragma once

#include <gst/gst.h>

#include "base/ref.hpp"

namespace rtc {

inline void add_pad_proxy(GType type) {
  GInterfaceInfo info{};
  info.interface_init = [](gpointer table, gpointer) {
    auto *proxy = static_cast<GstChildProxyInterface *>(table);
    proxy->get_children_count = [](GstChildProxy *self) -> guint {
      GST_OBJECT_LOCK(self);
      const guint count = GST_ELEMENT(self)->numpads;
      GST_OBJECT_UNLOCK(self);
      return count;
    };
    proxy->get_child_by_index = [](GstChildProxy *self, guint index) {
      GST_OBJECT_LOCK(self);
      auto *pad = static_cast<GObject *>(g_list_nth_data(GST_ELEMENT(self)->pads, index));
      if (pad) g_object_ref(pad);
      GST_OBJECT_UNLOCK(self);
      return pad;
    };
    proxy->get_child_by_name = [](GstChildProxy *self, const gchar *name) {
      return reinterpret_cast<GObject *>(gst_element_get_static_pad(GST_ELEMENT(self), name));
    };
  };
  g_type_add_interface_static(type, GST_TYPE_CHILD_PROXY, &info);
}

}  // namespace rtc
