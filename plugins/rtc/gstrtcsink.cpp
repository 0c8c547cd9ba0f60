/**
 * SECTION:element-rtcsink
 * @title: rtcsink
 *
 * Publishes video, audio and data to any number of WebRTC viewers. Raw media is encoded once per
 * codec and rendition in use, never once per viewer; each viewer gets the best rendition that its
 * path takes, and changes between them without an interruption; encoded media passes through
 * untouched. Viewers come through a rooms server: the one that `uri` names, the one the element
 * brings along with `listen`, or, with neither, the one on 127.0.0.1:8080 that pipelines of one
 * machine share.
 *
 * ## Example
 * |[
 * gst-launch-1.0 videotestsrc is-live=true ! rtcsink name=s  audiotestsrc is-live=true ! s.
 * ]|
 * Then open http://127.0.0.1:8080/ in a browser.
 *
 * ## Data
 * A `data_%u` pad is a data channel (RFC 8831) to every viewer, named by its property `label`. A
 * buffer is a message: text with caps `text/x-raw`, else binary, of at most what the viewer takes
 * (256 KiB with browsers). With `data-framing=stream` buffers are pieces of a stream of any length
 * that arrives whole at rtcsrc; EOS comes when the last byte was acknowledged.
 * |[
 * gst-launch-1.0 rtcsink name=s data_0::data-framing=stream  filesrc location=file ! s.data_0
 * ]|
 *
 * ## Messages
 * Element messages on the bus: `rtc-ready` (url, stream), `rtc-signaling-lost` (reason),
 * `rtc-viewer-added` (session, peer, viewers), `rtc-viewer-connected` (session, peer),
 * `rtc-viewer-removed` (session, peer, reason, viewers), `rtc-path` (session, peer,
 * local-candidate-type, remote-candidate-type, protocol, local-address, remote-address and, through
 * a TURN server of ours, relay-protocol) whenever ICE selects a pair, `rtc-healing` (session, peer,
 * reason) when a path is broken and replaced, `rtc-healed` (session, peer, gap in ms) then,
 * `rtc-rendition` (session, peer, pad, rendition, reason) when a viewer gets another rendition.
 *
 * ## Threads
 * Signals are emitted on the element's own thread, without a lock held; a handler must not block.
 */
#include "gstrtcsink.hpp"

#include "gstrtcdatapad.hpp"
#include "gstrtcsinkpad.hpp"
#include "publishing_element.hpp"
#include "warm_up.hpp"

using namespace rtc;

class GstRtcSinkImpl;

struct _GstRtcSink {
  GstBin parent;
  GstRtcSinkImpl *impl;
};

class GstRtcSinkImpl : public PublishingElement {
 public:
  using Settings = SinkSettings;

  explicit GstRtcSinkImpl(GstRtcSink *self)
      : PublishingElement(GST_ELEMENT(self)), element_(GST_ELEMENT(self)) {}

  static GstRtcSinkImpl *from(gpointer instance) {
    return reinterpret_cast<GstRtcSink *>(instance)->impl;
  }
  static void class_init(GstRtcSinkClass *klass);
  static void add_interfaces(GType type);
  static void add_signals(GType type);
  static const std::vector<PropertyRow<GstRtcSinkImpl>> &properties();

  GstStateChangeReturn change_state(GstStateChange transition);
  GstPad *request_new_pad(GstPadTemplate *pad_template, const gchar *name, const GstCaps *) {
    return PublishingElement::request_new_pad(pad_template, name);
  }
  void release_pad(GstPad *pad) { PublishingElement::release_pad(pad); }
  gboolean disconnect_viewer(const gchar *session) {
    return PublishingElement::disconnect_viewer(session);
  }
  gboolean set_viewer_rendition(const gchar *session, const gchar *pad, const gchar *rendition) {
    return PublishingElement::set_viewer_rendition(session, pad, rendition);
  }
  gboolean set_viewer_limit(const gchar *session, const gchar *pad, guint max_height,
                            guint max_bitrate) {
    return PublishingElement::set_viewer_limit(session, pad, max_height, max_bitrate);
  }
  gboolean pause_viewer(const gchar *session) {
    return PublishingElement::pause_viewer(session, true);
  }
  gboolean resume_viewer(const gchar *session) {
    return PublishingElement::pause_viewer(session, false);
  }

 private:
  GstElement *const element_;
};

RTC_DEFINE_TYPE(GstRtcSink, gst_rtc_sink, GST_TYPE_BIN,
                GstRtcSinkImpl::add_interfaces(g_define_type_id))
GST_ELEMENT_REGISTER_DEFINE(rtcsink, "rtcsink", GST_RANK_NONE, GST_TYPE_RTC_SINK);

// The children of the proxy are the pads; what is in the bin is nobody's business.
void GstRtcSinkImpl::add_interfaces(GType type) {
  GInterfaceInfo info{};
  info.interface_init = [](gpointer table, gpointer) {
    auto *proxy = static_cast<GstChildProxyInterface *>(table);
    proxy->get_children_count = [](GstChildProxy *self) { return from(self)->pad_count(); };
    proxy->get_child_by_index = [](GstChildProxy *self, guint index) {
      return reinterpret_cast<GObject *>(from(self)->pad_at(index).release());
    };
    proxy->get_child_by_name = [](GstChildProxy *self, const gchar *name) {
      return reinterpret_cast<GObject *>(gst_element_get_static_pad(GST_ELEMENT(self), name));
    };
  };
  g_type_add_interface_static(type, GST_TYPE_CHILD_PROXY, &info);
}

namespace {

enum CongestionControl { congestion_control_none, congestion_control_gcc };

GType congestion_control_type() {
  static const GEnumValue values[] = {
      {congestion_control_none, "Rates are as set, whatever the network does", "none"},
      {congestion_control_gcc, "Google congestion control (draft-ietf-rmcat-gcc-02)", "gcc"},
      {0, nullptr, nullptr}};
  static const auto type = g_enum_register_static("GstRtcSinkCongestionControl", values);
  return type;
}

}  // namespace

const std::vector<PropertyRow<GstRtcSinkImpl>> &GstRtcSinkImpl::properties() {
  static const auto rows = [] {
    auto table = connection_rows<GstRtcSinkImpl>();
    for (auto row : {
             string_row<GstRtcSinkImpl, &SinkSettings::stream>(
                 "stream",
                 "Name under which viewers find the stream; unset: the element's name, made "
                 "unique."),
             string_row<GstRtcSinkImpl, &SinkSettings::video_codecs>(
                 "video-codecs",
                 "Codecs raw video is offered in, by preference, separated by commas.",
                 "VP8,H264,VP9,AV1"),
             string_row<GstRtcSinkImpl, &SinkSettings::audio_codecs>(
                 "audio-codecs",
                 "Codecs raw audio is offered in, by preference, separated by commas.", "OPUS"),
             uint_row<GstRtcSinkImpl, &SinkSettings::video_bitrate>(
                 "video-bitrate",
                 "Rate in bit/s of video encoded in the size that comes in; 0: by size and frame "
                 "rate. Renditions without a rate of their own get a part of it.",
                 0, 1000000000, 0),
             string_row<GstRtcSinkImpl, &SinkSettings::renditions>(
                 "renditions",
                 "Sizes and rates that raw video is encoded in, each while viewers use it: "
                 "WIDTHxHEIGHT, and if wanted /FRAMES per second and @BITRATE in bit/s with k or "
                 "M, separated by commas: 1280x720@2500k,640x360@700k,320x180/15@150k (8 at most, "
                 "10k to 1000M). Sizes are boxes for the picture, which keeps its aspect ratio and "
                 "is never made larger. Unset: the input's size, a half, a quarter and an eighth "
                 "of it, down to 320x180. A video pad may have its own."),
             uint_row<GstRtcSinkImpl, &SinkSettings::audio_bitrate>(
                 "audio-bitrate",
                 "Rate of encoded audio in bit/s. With congestion control less where the path to "
                 "the viewers is narrow: a fourth of what it takes, at least 16000.",
                 6000, 510000, 64000),
             uint_row<GstRtcSinkImpl, &SinkSettings::keyframe_interval>(
                 "keyframe-interval",
                 "Longest time between keyframes of encoded video in ms; viewers get one at once "
                 "when they need it.",
                 100, 3600000, 60000),
             uint_row<GstRtcSinkImpl, &SinkSettings::linger>(
                 "linger", "How long in ms an encoder goes on after its last viewer left.", 0,
                 3600000, 5000),
             uint_row<GstRtcSinkImpl, &SinkSettings::max_viewers>(
                 "max-viewers", "Most viewers at a time; 0: any number.", 0, 100000, 0),
         })
      table.push_back(row);
    table.push_back(
        {g_param_spec_enum("congestion-control", "congestion-control",
                           "Whether encoders follow what the paths to the viewers take; what "
                           "comes in encoded is passed on as it is.",
                           congestion_control_type(), congestion_control_gcc, read_write),
         [](GstRtcSinkImpl &self, const GValue *value) {
           self.settings.set(&SinkSettings::control_rate,
                             g_value_get_enum(value) == congestion_control_gcc);
         },
         [](GstRtcSinkImpl &self, GValue *value) {
           g_value_set_enum(value, self.settings.copy().control_rate ? congestion_control_gcc
                                                                     : congestion_control_none);
         }});
    table.push_back(
        {g_param_spec_uint("viewers", "viewers", "Viewers there are.", 0, G_MAXUINT, 0, read_only),
         nullptr, [](GstRtcSinkImpl &self, GValue *value) {
           g_value_set_uint(value, self.viewer_count());
         }});
    table.push_back(
        {g_param_spec_string("url", "url", "Address to watch at in a browser, once there is one.",
                             nullptr, read_only),
         nullptr, [](GstRtcSinkImpl &self, GValue *value) {
           g_value_set_string(value, self.url().c_str());
         }});
    table.push_back(
        {g_param_spec_boxed(
             "stats", "stats",
             "Statistics of groups and sessions with W3C names; gathered when read, which takes "
             "up to a second.",
             GST_TYPE_STRUCTURE, read_only),
         nullptr, [](GstRtcSinkImpl &self, GValue *value) {
           g_value_take_boxed(value, self.stats().release());
         }});
    return table;
  }();
  return rows;
}

namespace {

// Goes on asking until a handler refuses.
gboolean all_accept(GSignalInvocationHint *, GValue *result, const GValue *answer, gpointer) {
  g_value_copy(answer, result);
  return g_value_get_boolean(answer);
}

// An action signal that returns a boolean.
template <auto method, typename... Types>
void add_action(const char *name, GType type, Types... types) {
  g_signal_new_class_handler(name, type, GSignalFlags(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
                             G_CALLBACK(&Vfunc<method>::template call<GstRtcSink>), nullptr,
                             nullptr, nullptr, G_TYPE_BOOLEAN, sizeof...(types), types...);
}

void add_template(GstElementClass *klass, const char *name, MediaKind kind) {
  const auto caps = adopt(gst_caps_from_string(pad_caps(kind).c_str()));
  gst_element_class_add_pad_template(
      klass, gst_pad_template_new_with_gtype(
                 name, GST_PAD_SINK, GST_PAD_REQUEST, caps.get(),
                 kind == MediaKind::video ? GST_TYPE_RTC_SINK_PAD : GST_TYPE_PAD));
}

}  // namespace

void GstRtcSinkImpl::add_signals(GType type) {
  /**
   * GstRtcSink::viewer-added:
   * @session: id of the session
   * @peer: id of the viewer
   * @webrtcbin: the connection, before negotiation
   */
  g_signal_new("viewer-added", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr, G_TYPE_NONE,
               3, G_TYPE_STRING, G_TYPE_STRING, GST_TYPE_ELEMENT);
  /**
   * GstRtcSink::viewer-removed:
   * @session: id of the session
   * @peer: id of the viewer
   * @reason: why, in words
   */
  g_signal_new("viewer-removed", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr, G_TYPE_NONE,
               3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstRtcSink::viewer-healing:
   * @session: id of the session
   * @peer: id of the viewer
   * @webrtcbin: the connection that is to replace the broken one, before negotiation
   */
  g_signal_new("viewer-healing", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr, G_TYPE_NONE,
               3, G_TYPE_STRING, G_TYPE_STRING, GST_TYPE_ELEMENT);
  /**
   * GstRtcSink::accept-viewer:
   * @session: id of the session
   * @peer: id of the viewer
   *
   * Returns: FALSE to turn the viewer away
   */
  g_signal_new_class_handler(
      "accept-viewer", type, G_SIGNAL_RUN_LAST,
      G_CALLBACK(+[](GstRtcSink *, const gchar *, const gchar *) -> gboolean { return TRUE; }),
      all_accept, nullptr, nullptr, G_TYPE_BOOLEAN, 2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstRtcSink::disconnect-viewer:
   * @session: id of the session
   *
   * Returns: FALSE when there is no such session
   */
  add_action<&GstRtcSinkImpl::disconnect_viewer>("disconnect-viewer", type, G_TYPE_STRING);
  /**
   * GstRtcSink::set-viewer-rendition:
   * @session: id of the session
   * @pad: name of a video pad
   * @rendition: one of those there are, as `stats` writes it, or its size alone; empty: what the
   *   path takes, from now on
   *
   * Returns: FALSE when there is no such session, pad or rendition
   */
  add_action<&GstRtcSinkImpl::set_viewer_rendition>("set-viewer-rendition", type, G_TYPE_STRING,
                                                    G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstRtcSink::set-viewer-limit:
   * @session: id of the session
   * @pad: name of a video pad
   * @max_height: most lines of the picture; 0: any
   * @max_bitrate: most bits per second; 0: any
   *
   * Returns: FALSE when there is no such session or pad
   */
  add_action<&GstRtcSinkImpl::set_viewer_limit>("set-viewer-limit", type, G_TYPE_STRING,
                                                G_TYPE_STRING, G_TYPE_UINT, G_TYPE_UINT);
  /**
   * GstRtcSink::pause-viewer:
   * @session: id of the session
   *
   * Nothing is sent and nothing encoded for the viewer until `resume-viewer`, which begins with a
   * keyframe.
   *
   * Returns: FALSE when there is no such session
   */
  add_action<&GstRtcSinkImpl::pause_viewer>("pause-viewer", type, G_TYPE_STRING);
  add_action<&GstRtcSinkImpl::resume_viewer>("resume-viewer", type, G_TYPE_STRING);
  /**
   * GstRtcSink::encoder-setup:
   * @pad: name of the pad whose media it encodes
   * @encoder: the new encoder with the element's settings, before it starts
   */
  g_signal_new("encoder-setup", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr, G_TYPE_NONE,
               2, G_TYPE_STRING, GST_TYPE_ELEMENT);
}

void GstRtcSinkImpl::class_init(GstRtcSinkClass *klass) {
  install_properties<GstRtcSinkImpl>(G_OBJECT_CLASS(klass));
  add_signals(G_TYPE_FROM_CLASS(klass));

  auto *element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = Vfunc<&GstRtcSinkImpl::change_state>::call<GstElement>;
  element_class->request_new_pad = Vfunc<&GstRtcSinkImpl::request_new_pad>::call<GstElement>;
  element_class->release_pad = Vfunc<&GstRtcSinkImpl::release_pad>::call<GstElement>;
  add_template(element_class, "video_%u", MediaKind::video);
  add_template(element_class, "audio_%u", MediaKind::audio);
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new_with_gtype("data_%u", GST_PAD_SINK, GST_PAD_REQUEST,
                                                     GST_CAPS_ANY, GST_TYPE_RTC_DATA_PAD));
  gst_type_mark_as_plugin_api(congestion_control_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(GST_TYPE_RTC_SINK_PAD, GstPluginAPIFlags(0));
  gst_element_class_set_static_metadata(
      element_class, "WebRTC publisher", "Sink/Network/WebRTC",
      "Publishes video and audio to WebRTC viewers, encoded once per codec and size", "gst-rtc");
}

GstStateChangeReturn GstRtcSinkImpl::change_state(GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) warm_up();
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start()) return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) stop();
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) finish_warm_up();
  const auto result =
      GST_ELEMENT_CLASS(gst_rtc_sink_parent_class)->change_state(element_, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING && result != GST_STATE_CHANGE_FAILURE)
    play();
  return result;
}
