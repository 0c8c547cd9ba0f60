#include "publishing_face.hpp"

#include "gstrtcdatapad.hpp"
#include "gstrtcdatasourcepad.hpp"
#include "gstrtcsinkpad.hpp"

namespace rtc {

void add_publishing_templates(GstElementClass *klass) {
  for (const auto kind : {MediaKind::video, MediaKind::audio}) {
    const auto caps = adopt(gst_caps_from_string(pad_caps(kind).c_str()));
    gst_element_class_add_pad_template(
        klass,
        gst_pad_template_new_with_gtype(
            kind == MediaKind::video ? "video_%u" : "audio_%u", GST_PAD_SINK, GST_PAD_REQUEST,
            caps.get(), kind == MediaKind::video ? GST_TYPE_RTC_SINK_PAD : GST_TYPE_PAD));
  }
  gst_element_class_add_pad_template(
      klass, gst_pad_template_new_with_gtype("data_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_CAPS_ANY,
                                             GST_TYPE_RTC_DATA_PAD));
  gst_element_class_add_pad_template(klass, data_source_template("data_src_%u"));
}

}  // namespace rtc
