#include "gstrtcdatasourcepad.hpp"

#include "properties.hpp"

using namespace rtc;

class GstRtcDataSourcePadImpl;

struct _GstRtcDataSourcePad {
  GstPad parent;
  GstRtcDataSourcePadImpl *impl;
};

class GstRtcDataSourcePadImpl {
 public:
  struct Settings : DataChannelInit {
    std::string peer;
  };

  explicit GstRtcDataSourcePadImpl(GstRtcDataSourcePad *) {}

  static GstRtcDataSourcePadImpl *from(gpointer instance) {
    return reinterpret_cast<GstRtcDataSourcePad *>(instance)->impl;
  }
  static void class_init(GstRtcDataSourcePadClass *klass) {
    install_properties<GstRtcDataSourcePadImpl>(G_OBJECT_CLASS(klass));
  }
  static const std::vector<PropertyRow<GstRtcDataSourcePadImpl>> &properties();

  GuardedSettings<Settings> settings;
};

RTC_DEFINE_TYPE(GstRtcDataSourcePad, gst_rtc_data_source_pad, GST_TYPE_PAD, {})

namespace {

using Impl = GstRtcDataSourcePadImpl;
using S = Impl::Settings;

template <auto member>
PropertyRow<Impl> text_row(const char *name, const char *blurb) {
  auto row = string_row<Impl, member>(name, blurb, nullptr, read_only);
  row.set = nullptr;
  return row;
}

template <auto member>
PropertyRow<Impl> int_row(const char *name, const char *blurb) {
  return {g_param_spec_int(name, name, blurb, -1, 65535, -1, read_only), nullptr,
          [](Impl &self, GValue *v) { g_value_set_int(v, self.settings.copy().*member); }};
}

template <auto member>
PropertyRow<Impl> flag_row(const char *name, const char *blurb, gboolean fallback) {
  return {g_param_spec_boolean(name, name, blurb, fallback, read_only), nullptr,
          [](Impl &self, GValue *v) { g_value_set_boolean(v, self.settings.copy().*member); }};
}

}  // namespace

const std::vector<PropertyRow<Impl>> &Impl::properties() {
  static const std::vector<PropertyRow<Impl>> rows = {
      text_row<&S::label>("label", "Label of the channel."),
      text_row<&S::protocol>("protocol", "Subprotocol of the channel."),
      flag_row<&S::ordered>("ordered", "Whether messages arrive in order.", TRUE),
      int_row<&S::max_retransmits>("max-retransmits",
                                   "How often a lost message is sent again; -1: until it arrives."),
      int_row<&S::max_packet_lifetime>(
          "max-packet-lifetime",
          "How long in ms a lost message is sent again; -1: until it arrives."),
      {g_param_spec_enum("priority", "priority", "Priority among the channels of the connection.",
                         GST_TYPE_WEBRTC_PRIORITY_TYPE, GST_WEBRTC_PRIORITY_TYPE_LOW, read_only),
       nullptr, [](Impl &self, GValue *v) { g_value_set_enum(v, self.settings.copy().priority); }},
      flag_row<&S::negotiated>("negotiated", "Whether both sides made the channel.", FALSE),
      int_row<&S::id>("id", "Id of the channel; -1: not known yet."),
      text_row<&S::peer>("peer-id", "Id of the peer that sends.")};
  return rows;
}

GstPadTemplate *rtc::data_source_template(const char *name) {
  gst_type_mark_as_plugin_api(GST_TYPE_RTC_DATA_SOURCE_PAD, GstPluginAPIFlags(0));
  const auto caps =
      adopt(gst_caps_from_string("text/x-raw,format=utf8; application/octet-stream; "
                                 "application/json; meta/x-klv,parsed=true"));
  return gst_pad_template_new_with_gtype(name, GST_PAD_SRC, GST_PAD_SOMETIMES, caps.get(),
                                         GST_TYPE_RTC_DATA_SOURCE_PAD);
}

GstPad *rtc::new_rtc_data_source_pad(const char *name, GstPadTemplate *pad_template) {
  return GST_PAD(g_object_new(GST_TYPE_RTC_DATA_SOURCE_PAD, "name", name, "direction", GST_PAD_SRC,
                              "template", pad_template, nullptr));
}

void rtc::set_channel(GstPad *pad, const DataChannelInit &channel, const std::string &peer) {
  S settings;
  static_cast<DataChannelInit &>(settings) = channel;
  settings.peer = peer;
  Impl::from(pad)->settings.replace(std::move(settings));
}
