/**
 * SECTION:element-rtcsrc
 * @title: rtcsrc
 *
 * Receives a stream that a WebRTC publisher (rtcsink, a browser's page, webrtcsink) sends through a
 * rooms server. Every track becomes a pad, which gives encoded media where downstream takes it,
 * else raw media, else RTP. When the publisher ends or leaves, every pad gets EOS, so that
 * recordings are complete.
 *
 * ## Example
 * |[
 * gst-launch-1.0 -e rtcsrc uri=ws://127.0.0.1:8080/ stream=film name=r \
 *   r.video_0 ! queue ! m.video_0 \
 *   r.audio_0 ! queue ! m.audio_0 \
 *   matroskamux name=m ! filesink location=film.mkv
 * ]|
 *
 * ## Data
 * Every data channel that the publisher makes becomes a pad `data_%u` (those of `data-labels`). A
 * message is a buffer, text with caps `text/x-raw`, binary `application/octet-stream`, with the
 * running time of its arrival. What the publisher sends in step with frames (`sync-to`) has its
 * caps, also `application/json` and `meta/x-klv`, and the running time of its frame; `clocksync`
 * behind the media pad lets a frame wait until its message is there. A stream of rtcsink's
 * `data-framing=stream` comes out as its bytes; EOS follows the last one, an error takes the place
 * of EOS when it was cut short.
 *
 * A request pad `data_sink_%u` sends to the publisher: over its channel with the pad's label, where
 * it has one, else over one of our own. What is sent before the connection is there waits for it;
 * the end of these pads is not the end of the element. At rtcsink it comes out of `data_src_%u`.
 * |[
 * gst-launch-1.0 rtcsrc name=r stream=robot data_sink_0::label=commands \
 *   filesrc location=/dev/stdin ! text/x-raw,format=utf8 ! r.data_sink_0  r.video_0 ! fakesink
 * ]|
 * ## Control
 * Where the publisher has a control channel (`control` of rtcsink, `enable-control-data-channel` of
 * webrtcsink), GstNavigation events that come from downstream, of a window for example, travel to
 * it. Where it lets its viewers steer a recording (`control=playback`), seek events become seeks of
 * the recording, queries of position, duration and seeking are answered, and the segments tell the
 * place in the recording, so that the slider of a player works; a custom upstream event
 * `rtc-playback` with the field `request` asks for the rest: `play`, `pause`, `next`, or `loop`
 * with a boolean `loop`.
 *
 * ## Messages
 * Element messages on the bus: `rtc-ready` (url), `rtc-signaling-lost` (reason),
 * `rtc-stream-started` (session, peer), `rtc-stream-ended` (session, reason, final), `rtc-path`
 * (session, local-candidate-type, remote-candidate-type, protocol, local-address, remote-address
 * and, through a TURN server of ours, relay-protocol) whenever ICE selects a pair, `rtc-healing`
 * (session, reason) when the path is broken and replaced, `rtc-healed` (session, gap in ms) then,
 * `rtc-playback` (playing, position and duration in seconds, the latter -1 when it is not known,
 * rate, loop, seekable) when the publisher tells that its playback has changed.
 *
 * ## Threads
 * Pads are added and signals emitted on the element's own thread, without a lock held.
 */
#include "gstrtcsrc.hpp"

#include "base/text.hpp"
#include "gstrtcdatapad.hpp"
#include "gstrtcdatasourcepad.hpp"
#include "pad_proxy.hpp"
#include "receiving_element.hpp"
#include "source_uri.hpp"
#include "warm_up.hpp"

using namespace rtc;

class GstRtcSrcImpl;

struct _GstRtcSrc {
  GstElement parent;
  GstRtcSrcImpl *impl;
};

class GstRtcSrcImpl : public ReceivingElement {
 public:
  using Settings = SourceSettings;

  explicit GstRtcSrcImpl(GstRtcSrc *self)
      : ReceivingElement(GST_ELEMENT(self)), element_(GST_ELEMENT(self)) {
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
  }

  static GstRtcSrcImpl *from(gpointer instance) {
    return reinterpret_cast<GstRtcSrc *>(instance)->impl;
  }
  static void class_init(GstRtcSrcClass *klass);
  static void add_interfaces(GType type);
  static void uri_handler_init(gpointer iface, gpointer);
  static const std::vector<PropertyRow<GstRtcSrcImpl>> &properties();

  GstStateChangeReturn change_state(GstStateChange transition);
  gboolean send_event(GstEvent *event);
  GstPad *request_new_pad(GstPadTemplate *pad_template, const gchar *name, const GstCaps *) {
    return ReceivingElement::request_new_pad(pad_template, name);
  }
  void release_pad(GstPad *pad) { ReceivingElement::release_pad(pad); }

 private:
  GstElement *const element_;
};

RTC_DEFINE_TYPE(GstRtcSrc, gst_rtc_src, GST_TYPE_ELEMENT,
                GstRtcSrcImpl::add_interfaces(g_define_type_id))
GST_ELEMENT_REGISTER_DEFINE(rtcsrc, "rtcsrc", GST_RANK_PRIMARY, GST_TYPE_RTC_SRC);

namespace {

enum OnEnd { on_end_eos, on_end_wait };

GType on_end_type() {
  static const GEnumValue values[] = {
      {on_end_eos, "EOS on every pad", "eos"},
      {on_end_wait, "Keep the pads and resume when the stream returns", "wait"},
      {0, nullptr, nullptr}};
  static const auto type = g_enum_register_static("GstRtcSrcOnEnd", values);
  return type;
}

}  // namespace

const std::vector<PropertyRow<GstRtcSrcImpl>> &GstRtcSrcImpl::properties() {
  using I = GstRtcSrcImpl;
  using S = SourceSettings;
  static const auto rows = [] {
    auto table = connection_rows<I>();
    for (auto row :
         {string_row<I, &S::stream>(
              "stream",
              "Name of the stream wanted, waited for when it is not there; unset: the first one."),
          string_row<I, &S::peer_id>("peer-id",
                                     "Id of the publisher wanted, instead of a stream name."),
          string_row<I, &S::video_codecs>("video-codecs",
                                          "Video codecs accepted, by preference, separated by "
                                          "commas; unset: what the publisher prefers."),
          string_row<I, &S::audio_codecs>("audio-codecs",
                                          "Audio codecs accepted, by preference, separated by "
                                          "commas; unset: what the publisher prefers."),
          string_row<I, &S::data_labels>("data-labels",
                                         "Labels of the data channels that become pads, separated "
                                         "by commas; others are closed. Unset: all."),
          uint_row<I, &S::latency>(
              "latency", "Time in ms that packets wait for late ones before them.", 0, 10000, 200),
          uint_row<I, &S::max_bitrate>(
              "max-bitrate",
              "Most bit/s of video that the publisher is to send (b=AS); 0: no limit.", 0,
              1000000000, 0)})
      table.push_back(row);
    table.push_back(
        {g_param_spec_enum("on-end", "on-end", "What happens when the publisher ends or leaves.",
                           on_end_type(), on_end_eos, read_write),
         [](I &self, const GValue *v) {
           self.settings.set(&S::wait_for_return, g_value_get_enum(v) == on_end_wait);
         },
         [](I &self, GValue *v) {
           g_value_set_enum(v, self.settings.copy().wait_for_return ? on_end_wait : on_end_eos);
         }});
    table.push_back(
        {g_param_spec_string("url", "url", "Address of the room's page in a browser, once known.",
                             nullptr, read_only),
         nullptr, [](I &self, GValue *v) { g_value_set_string(v, self.url().c_str()); }});
    table.push_back(
        {g_param_spec_boxed(
             "stats", "stats",
             "Statistics of the session with W3C names; gathered when read, which takes up to a "
             "second.",
             GST_TYPE_STRUCTURE, read_only),
         nullptr, [](I &self, GValue *v) { g_value_take_boxed(v, self.stats().release()); }});
    return table;
  }();
  return rows;
}

void GstRtcSrcImpl::add_interfaces(GType type) {
  const GInterfaceInfo info{uri_handler_init, nullptr, nullptr};
  g_type_add_interface_static(type, GST_TYPE_URI_HANDLER, &info);
  add_pad_proxy(type);
}

void GstRtcSrcImpl::uri_handler_init(gpointer iface, gpointer) {
  auto *handler = static_cast<GstURIHandlerInterface *>(iface);
  handler->get_type = [](GType) { return GST_URI_SRC; };
  handler->get_protocols = [](GType) -> const gchar *const * {
    static const gchar *protocols[] = {"rtc+ws", "rtc+wss", nullptr};
    return protocols;
  };
  handler->get_uri = [](GstURIHandler *self) {
    return g_strdup(to_uri(from(self)->settings.copy()).c_str());
  };
  handler->set_uri = [](GstURIHandler *self, const gchar *uri, GError **error) -> gboolean {
    auto &settings = from(self)->settings;
    const auto parsed = parse_source_uri(uri);
    if (!parsed) {
      g_set_error_literal(error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
                          parsed.error().message.c_str());
      return FALSE;
    }
    settings.set(&SourceSettings::uri, parsed->server);
    if (!parsed->stream.empty()) settings.set(&SourceSettings::stream, parsed->stream);
    if (!parsed->peer_id.empty()) settings.set(&SourceSettings::peer_id, parsed->peer_id);
    return TRUE;
  };
}

void GstRtcSrcImpl::class_init(GstRtcSrcClass *klass) {
  install_properties<GstRtcSrcImpl>(G_OBJECT_CLASS(klass));
  /**
   * GstRtcSrc::session-started:
   * @session: id of the session
   * @peer: id of the publisher
   * @webrtcbin: the connection, before negotiation; also one that is to replace a broken one
   */
  g_signal_new("session-started", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, nullptr, nullptr,
               nullptr, G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, GST_TYPE_ELEMENT);
  auto *element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = Vfunc<&GstRtcSrcImpl::change_state>::call<GstElement>;
  element_class->request_new_pad = Vfunc<&GstRtcSrcImpl::request_new_pad>::call<GstElement>;
  element_class->release_pad = Vfunc<&GstRtcSrcImpl::release_pad>::call<GstElement>;
  element_class->send_event = Vfunc<&GstRtcSrcImpl::send_event>::call<GstElement>;
  for (const auto &[name, kind] :
       {std::pair{"video_%u", MediaKind::video}, std::pair{"audio_%u", MediaKind::audio}}) {
    const auto caps = adopt(gst_caps_from_string((pad_caps(kind) + "; application/x-rtp").c_str()));
    gst_element_class_add_pad_template(
        element_class, gst_pad_template_new(name, GST_PAD_SRC, GST_PAD_SOMETIMES, caps.get()));
  }
  gst_element_class_add_pad_template(element_class, data_source_template("data_%u"));
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new_with_gtype("data_sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
                                                     GST_CAPS_ANY, GST_TYPE_RTC_DATA_PAD));
  gst_type_mark_as_plugin_api(on_end_type(), GstPluginAPIFlags(0));
  gst_element_class_set_static_metadata(element_class, "WebRTC receiver", "Source/Network/WebRTC",
                                        "Receives a stream from a WebRTC publisher", "gst-rtc");
}

// An application that stops a recording sends EOS to the pipeline (gst-launch-1.0 -e).
gboolean GstRtcSrcImpl::send_event(GstEvent *event) {
  if (control_event(event)) {
    gst_event_unref(event);
    return TRUE;
  }
  if (GST_EVENT_TYPE(event) != GST_EVENT_EOS)
    return GST_ELEMENT_CLASS(gst_rtc_src_parent_class)->send_event(element_, event);
  gst_event_unref(event);
  finish();
  return TRUE;
}

GstStateChangeReturn GstRtcSrcImpl::change_state(GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) warm_up();
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start()) return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) stop();
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) finish_warm_up();
  const auto result =
      GST_ELEMENT_CLASS(gst_rtc_src_parent_class)->change_state(element_, transition);
  if (result == GST_STATE_CHANGE_FAILURE) return result;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING) play();
  const bool live = transition == GST_STATE_CHANGE_READY_TO_PAUSED ||
                    transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED;
  return live ? GST_STATE_CHANGE_NO_PREROLL : result;
}
