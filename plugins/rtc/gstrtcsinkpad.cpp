#include "gstrtcsinkpad.hpp"

#include "properties.hpp"

using namespace rtc;

class GstRtcSinkPadImpl;

struct _GstRtcSinkPad {
  GstGhostPad parent;
  GstRtcSinkPadImpl *impl;
};

class GstRtcSinkPadImpl {
 public:
  struct Settings {
    std::string renditions;
  };

  explicit GstRtcSinkPadImpl(GstRtcSinkPad *) {}

  static GstRtcSinkPadImpl *from(gpointer instance) {
    return reinterpret_cast<GstRtcSinkPad *>(instance)->impl;
  }
  static void class_init(GstRtcSinkPadClass *klass) {
    install_properties<GstRtcSinkPadImpl>(G_OBJECT_CLASS(klass));
  }
  static const std::vector<PropertyRow<GstRtcSinkPadImpl>> &properties() {
    static const std::vector<PropertyRow<GstRtcSinkPadImpl>> rows = {
        string_row<GstRtcSinkPadImpl, &Settings::renditions>(
            "renditions",
            "Sizes and rates that raw video of this pad is encoded in, as the element's property; "
            "unset: those of the element.")};
    return rows;
  }

  GuardedSettings<Settings> settings;
};

RTC_DEFINE_TYPE(GstRtcSinkPad, gst_rtc_sink_pad, GST_TYPE_GHOST_PAD, {})

GstPad *rtc::new_rtc_sink_pad(const char *name, GstPadTemplate *pad_template, MediaKind kind) {
  const auto type = kind == MediaKind::video ? GST_TYPE_RTC_SINK_PAD : GST_TYPE_GHOST_PAD;
  return GST_PAD(g_object_new(type, "name", name, "direction", GST_PAD_SINK, "template",
                              pad_template, nullptr));
}
