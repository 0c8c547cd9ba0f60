#include "gstrtcdatapad.hpp"

#include "properties.hpp"

using namespace rtc;

class GstRtcDataPadImpl;

struct _GstRtcDataPad {
  GstGhostPad parent;
  GstRtcDataPadImpl *impl;
};

class GstRtcDataPadImpl {
 public:
  struct Settings : DataChannelInit {
    guint max_bytes = 1024 * 1024;
    guint patience = 10000;
    bool stream = false;
    bool leaky = false;
    std::string peer;
    std::string sync_to;
    WhenStuck when_stuck = WhenStuck::leave_behind;
  };

  explicit GstRtcDataPadImpl(GstRtcDataPad *) {}

  static GstRtcDataPadImpl *from(gpointer instance) {
    return reinterpret_cast<GstRtcDataPad *>(instance)->impl;
  }
  static void class_init(GstRtcDataPadClass *klass);
  static const std::vector<PropertyRow<GstRtcDataPadImpl>> &properties();

  GuardedSettings<Settings> settings;
};

RTC_DEFINE_TYPE(GstRtcDataPad, gst_rtc_data_pad, GST_TYPE_GHOST_PAD, {})

namespace {

using Impl = GstRtcDataPadImpl;
using S = Impl::Settings;

enum Framing { framing_messages, framing_stream };

GType framing_type() {
  static const GEnumValue values[] = {
      {framing_messages, "Every buffer is a message", "messages"},
      {framing_stream, "Buffers are pieces of one stream of bytes, which arrives whole", "stream"},
      {0, nullptr, nullptr}};
  static const auto type = g_enum_register_static("GstRtcDataFraming", values);
  return type;
}

GType when_stuck_type() {
  static const GEnumValue values[] = {
      {int(WhenStuck::leave_behind), "It gets nothing more from this pad", "leave-behind"},
      {int(WhenStuck::drop), "From now on its oldest messages are dropped", "drop"},
      {int(WhenStuck::disconnect), "Its session is ended", "disconnect"},
      {0, nullptr, nullptr}};
  static const auto type = g_enum_register_static("GstRtcDataWhenStuck", values);
  return type;
}

PropertyRow<Impl> when_stuck_row() {
  return {g_param_spec_enum("on-stuck", "on-stuck",
                            "What becomes of a peer that takes nothing for longer than patience: "
                            "leave-behind only where it holds up others, drop and disconnect "
                            "always.",
                            when_stuck_type(), int(WhenStuck::leave_behind), read_write),
          [](Impl &self, const GValue *v) {
            self.settings.set(&S::when_stuck, WhenStuck(g_value_get_enum(v)));
          },
          [](Impl &self, GValue *v) { g_value_set_enum(v, int(self.settings.copy().when_stuck)); }};
}

template <auto member>
PropertyRow<Impl> int_row(const char *name, const char *blurb, int high) {
  return {g_param_spec_int(name, name, blurb, -1, high, -1, read_write),
          [](Impl &self, const GValue *v) { self.settings.set(member, g_value_get_int(v)); },
          [](Impl &self, GValue *v) { g_value_set_int(v, self.settings.copy().*member); }};
}

PropertyRow<Impl> priority_row() {
  return {
      g_param_spec_enum("priority", "priority",
                        "Priority among the channels of a connection (RFC 8831 section 6.4).",
                        GST_TYPE_WEBRTC_PRIORITY_TYPE, GST_WEBRTC_PRIORITY_TYPE_LOW, read_write),
      [](Impl &self, const GValue *v) {
        self.settings.set(&S::priority, GstWebRTCPriorityType(g_value_get_enum(v)));
      },
      [](Impl &self, GValue *v) { g_value_set_enum(v, self.settings.copy().priority); }};
}

PropertyRow<Impl> framing_row() {
  return {g_param_spec_enum("data-framing", "data-framing",
                            "Whether buffers are messages or pieces of a stream. A stream goes, "
                            "whole and in order, to the peers that are there at its beginning, "
                            "which it waits for; it goes on where it was when a broken connection "
                            "is healed, and rtcsrc ends it with an error when it is cut short.",
                            framing_type(), framing_messages, read_write),
          [](Impl &self, const GValue *v) {
            self.settings.set(&S::stream, g_value_get_enum(v) == framing_stream);
          },
          [](Impl &self, GValue *v) {
            g_value_set_enum(v, self.settings.copy().stream ? framing_stream : framing_messages);
          }};
}

}  // namespace

const std::vector<PropertyRow<Impl>> &Impl::properties() {
  static const std::vector<PropertyRow<Impl>> rows = {
      string_row<Impl, &S::label>("label", "Label of the channel; unset: the pad's name."),
      string_row<Impl, &S::protocol>("protocol",
                                     "Subprotocol of the channel (RFC 8831 section 6.4); a stream "
                                     "has one of its own."),
      bool_row<Impl, &S::ordered>("ordered", "Whether messages arrive in order.", TRUE),
      int_row<&S::max_retransmits>("max-retransmits",
                                   "How often a lost message is sent again; -1: until it arrives.",
                                   65535),
      int_row<&S::max_packet_lifetime>(
          "max-packet-lifetime",
          "How long in ms a lost message is sent again; -1: until it arrives. Not together with "
          "max-retransmits.",
          65535),
      bool_row<Impl, &S::negotiated>(
          "negotiated", "Whether both sides make the channel, with the same id.", FALSE),
      int_row<&S::id>("id",
                      "Id of a negotiated channel: its stream, of the 1024 that GStreamer and "
                      "browsers have. The last one is rtcsrc's own.",
                      1022),
      priority_row(),
      framing_row(),
      string_row<Impl, &S::sync_to>(
          "sync-to",
          "Name of the video or audio pad whose frames the messages belong to, by their running "
          "time: rtcsrc gives each the running time of its frame. For the caps meta/x-klv, "
          "application/json and text/x-raw; the channel has a subprotocol of its own. A message "
          "waits for its frame, for one second past both at most, and one without PTS goes at "
          "once, without a time. Unset: to none."),
      uint_row<Impl, &S::max_bytes>(
          "max-bytes",
          "Most bytes that are kept for a peer; a stream: from 64 KiB to 16 "
          "MiB of them.",
          16384, 1024 * 1024 * 1024, 1024 * 1024),
      bool_row<Impl, &S::leaky>("leaky",
                                "Whether the oldest message is dropped for a peer that is slow, "
                                "instead of holding up the pad.",
                                FALSE),
      uint_row<Impl, &S::patience>("patience",
                                   "Time in ms that a peer may take nothing before on-stuck says "
                                   "what becomes of it.",
                                   100, 3600000, 10000),
      when_stuck_row(),
      string_row<Impl, &S::peer>("peer",
                                 "Id of the one peer, or of the session, that the pad sends to; "
                                 "unset: all.")};
  return rows;
}

void Impl::class_init(GstRtcDataPadClass *klass) {
  install_properties<Impl>(G_OBJECT_CLASS(klass));
  gst_type_mark_as_plugin_api(framing_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(when_stuck_type(), GstPluginAPIFlags(0));
}

GstPad *rtc::new_rtc_data_pad(const char *name, GstPadTemplate *pad_template) {
  return GST_PAD(g_object_new(GST_TYPE_RTC_DATA_PAD, "name", name, "direction", GST_PAD_SINK,
                              "template", pad_template, nullptr));
}

DataFeedSettings rtc::feed_settings(GstPad *pad) {
  const auto s = Impl::from(pad)->settings.copy();
  DataFeedSettings settings;
  settings.channel = s;
  settings.peer = s.peer;
  settings.stream = s.stream;
  settings.sync_to = s.sync_to;
  settings.leaky = s.leaky;
  settings.limit = s.max_bytes;
  settings.patience = milliseconds(s.patience);
  settings.when_stuck = s.when_stuck;
  return settings;
}
