#include "gstrtcsinkenums.hpp"

#include "publishing_element.hpp"

namespace rtc {

GType congestion_control_type() {
  static const GEnumValue values[] = {
      {congestion_control_none, "Rates are as set, whatever the network does", "none"},
      {congestion_control_gcc, "Google congestion control (draft-ietf-rmcat-gcc-02)", "gcc"},
      {0, nullptr, nullptr}};
  static const auto type = g_enum_register_static("GstRtcSinkCongestionControl", values);
  return type;
}

GType protection_type() {
  static const GEnumValue values[] = {
      {int(Protection::none), "Lost packets are sent again, no more", "none"},
      {int(Protection::automatic), "Parity where packets get lost and asking for them takes long",
       "auto"},
      {int(Protection::always), "The same, and a tenth of the packets where nothing is lost",
       "always"},
      {0, nullptr, nullptr}};
  static const auto type = g_enum_register_static("GstRtcSinkFec", values);
  return type;
}

GType viewer_control_type() {
  static const GEnumValue values[] = {
      {int(ViewerControl::none), "Viewers only watch", "none"},
      {int(ViewerControl::navigation), "Viewers send mouse, keys, touch and commands",
       "navigation"},
      {int(ViewerControl::playback), "The same, and they play, pause and seek", "playback"},
      {0, nullptr, nullptr}};
  static const auto type = g_enum_register_static("GstRtcSinkControl", values);
  return type;
}

}  // namespace rtc
