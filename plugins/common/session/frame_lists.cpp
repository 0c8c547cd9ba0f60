#include "session/frame_lists.hpp"

#include <string_view>

#include "base/ref.hpp"

namespace rtc {

namespace {

GstFlowReturn pass_list(GstPad *pad, GstObject *parent, GstBufferList *list) {
  const auto owned = adopt(list);
  const auto output = adopt(gst_element_get_static_pad(GST_ELEMENT(parent), "src"));
  const auto in = adopt(gst_pad_get_current_caps(pad));
  const auto out = adopt(gst_pad_get_current_caps(output.get()));
  if (in && out && gst_caps_is_equal(in.get(), out.get()))
    return gst_pad_push_list(output.get(), gst_buffer_list_ref(list));
  // The element sends its caps with the first packet, and does its work once FEC is negotiated.
  auto flow = GST_FLOW_OK;
  for (guint i = 0; i < gst_buffer_list_length(list) && flow == GST_FLOW_OK; i++)
    flow = gst_pad_chain(pad, gst_buffer_ref(gst_buffer_list_get(list, i)));
  return flow;
}

}  // namespace

void let_lists_pass(GstElement *element) {
  const auto *factory = gst_element_get_factory(element);
  const std::string_view name = factory ? GST_OBJECT_NAME(factory) : "";
  if (name != "rtpulpfecenc" && name != "rtpredenc") return;
  const auto pad = adopt(gst_element_get_static_pad(element, "sink"));
  gst_pad_set_chain_list_function(pad.get(), pass_list);
}

}  // namespace rtc
