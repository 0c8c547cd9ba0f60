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
 * (64 KiB with Chromium, 256 KiB with Firefox). With `data-framing=stream` buffers are pieces of a
 * stream of any length that arrives whole at rtcsrc; EOS comes when the last byte was acknowledged.
 * |[
 * gst-launch-1.0 rtcsink name=s data_0::data-framing=stream  filesrc location=file ! s.data_0
 * ]|
 * With `sync-to=video_0` on a data pad its messages (caps `application/json`, `meta/x-klv` or
 * `text/x-raw`) belong to the frames of that pad with the same running time, and rtcsrc gives them
 * that of the frame as received.
 *
 * What viewers send comes out of sometimes pads `data_src_%u`, one for each viewer and label: of
 * channels that they make, and of ours once they write to them. They are there until the channel
 * is closed or the viewer leaves, and get EOS then; a stream that is cut short gets a warning and
 * no EOS. Without a data pad of ours, `accept-data` lets viewers make channels. A sink behind such
 * a pad needs `async=false`: no viewer comes before the pipeline plays.
 * |[
 * gst-launch-1.0 rtcsink name=s accept-data=true  videotestsrc is-live=true ! s. \
 *   s.data_src_0 ! filesink async=false location=/dev/stdout
 * ]|
 *
 * ## Control by viewers
 * With `control=navigation` each viewer gets a data channel "control", over which its mouse, keys,
 * touch and commands come as GstNavigation events upstream from the video pads, in pixels of their
 * video; gstwebrtc-api and webrtcsrc speak the same protocol. With `control=playback` viewers also
 * play, pause, seek, set the rate and repeat a recording, for all of them at once: seeks go
 * upstream from the pads (accurate for raw media, to the keyframe before for encoded media), play
 * and pause are asked of the application by GST_MESSAGE_REQUEST_STATE, which gst-launch-1.0 obeys.
 * Live media refuses.
 * |[
 * gst-launch-1.0 rtcsink name=s control=playback  filesrc location=film.webm ! decodebin name=d \
 *   d. ! queue ! s.  d. ! queue ! s.
 * ]|
 *
 * With `playback-uri` each viewer has a timeline of its own: a pipeline that the element makes from
 * the uri, decodes and encodes it for this viewer alone, from its beginning, and goes with the
 * viewer. There are no video and audio pads then, and at most `max-private` such viewers.
 * |[
 * gst-launch-1.0 rtcsink control=playback playback-uri=file:///film.webm stream=film
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
 * Signals are emitted on the element's own thread, `next-requested` on another one, with
 * `playback-uri` on one for each viewer, without a lock held; a handler must not block.
 */
#include "gstrtcsink.hpp"

#include "gstrtcdatapad.hpp"
#include "gstrtcsinkenums.hpp"
#include "gstrtcsinkpad.hpp"
#include "pad_proxy.hpp"
#include "publishing_element.hpp"
#include "publishing_face.hpp"
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

RTC_DEFINE_TYPE(GstRtcSink, gst_rtc_sink, GST_TYPE_BIN, add_pad_proxy(g_define_type_id))
GST_ELEMENT_REGISTER_DEFINE(rtcsink, "rtcsink", GST_RANK_NONE, GST_TYPE_RTC_SINK);

const std::vector<PropertyRow<GstRtcSinkImpl>> &GstRtcSinkImpl::properties() {
  using I = GstRtcSinkImpl;
  static const auto rows = [] {
    auto table = publishing_rows<I>();
    table.push_back(string_row<I, &SinkSettings::stream>(
        "stream",
        "Name under which viewers find the stream; unset: the element's name, made unique."));
    table.push_back(uint_row<I, &SinkSettings::max_viewers>(
        "max-viewers", "Most viewers at a time; 0: any number.", 0, 100000, 0));
    table.push_back(bool_row<I, &SinkSettings::accept_data>(
        "accept-data",
        "Whether viewers may send data though no data pad sends any. Sinks behind data_src pads "
        "need async=false.",
        FALSE));
    table.push_back(
        {g_param_spec_enum("control", "control",
                           "What viewers may do over the data channel \"control\" that each gets.",
                           viewer_control_type(), int(ViewerControl::none), read_write),
         [](GstRtcSinkImpl &self, const GValue *value) {
           self.settings.set(&SinkSettings::control, ViewerControl(g_value_get_enum(value)));
         },
         [](GstRtcSinkImpl &self, GValue *value) {
           g_value_set_enum(value, int(self.settings.copy().control));
         }});
    table.push_back(string_row<I, &SinkSettings::playback_uri>(
        "playback-uri",
        "A recording that every viewer has to itself, with a timeline of its own, in place of "
        "video and audio pads: file:///film.webm, or whatever else GStreamer reads. Needs "
        "control=playback."));
    table.push_back(uint_row<I, &SinkSettings::max_private>(
        "max-private",
        "Most viewers at a time that have the recording of playback-uri to themselves; each costs "
        "a decoder and an encoder.",
        1, 10000, 16));
    table.push_back(
        {g_param_spec_uint("viewers", "viewers", "Viewers there are.", 0, G_MAXUINT, 0, read_only),
         nullptr, [](I &self, GValue *value) { g_value_set_uint(value, self.viewer_count()); }});
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
   * GstRtcSink::accept-control:
   * @session: id of the session
   * @peer: id of the viewer
   * @request: its type, such as navigationEvent, pause, seek
   *
   * Returns: FALSE to refuse what the viewer asks for over its control channel
   */
  g_signal_new_class_handler("accept-control", type, G_SIGNAL_RUN_LAST,
                             G_CALLBACK(+[](GstRtcSink *, const gchar *, const gchar *,
                                            const gchar *) -> gboolean { return TRUE; }),
                             all_accept, nullptr, nullptr, G_TYPE_BOOLEAN, 3, G_TYPE_STRING,
                             G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstRtcSink::next-requested:
   * @session: id of the session
   * @peer: id of the viewer
   *
   * A viewer asks for what comes next, of a list that the application has (`control=playback`).
   *
   * Returns: TRUE when there is something, which begins soon
   */
  g_signal_new("next-requested", type, G_SIGNAL_RUN_LAST, 0, g_signal_accumulator_true_handled,
               nullptr, nullptr, G_TYPE_BOOLEAN, 2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstRtcSink::playback-setup:
   * @session: id of the session
   * @peer: id of the viewer
   * @pipeline: what plays `playback-uri` for this viewer alone, before it starts
   */
  g_signal_new("playback-setup", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr, G_TYPE_NONE,
               3, G_TYPE_STRING, G_TYPE_STRING, GST_TYPE_PIPELINE);
  /**
   * GstRtcSink::disconnect-viewer:
   * @session: id of the session
   *
   * Returns: FALSE when there is no such session
   */
  add_action<GstRtcSink, &GstRtcSinkImpl::disconnect_viewer>("disconnect-viewer", type,
                                                             G_TYPE_STRING);
  /**
   * GstRtcSink::set-viewer-rendition:
   * @session: id of the session
   * @pad: name of a video pad
   * @rendition: one of those there are, as `stats` writes it, or its size alone; empty: what the
   *   path takes, from now on
   *
   * Returns: FALSE when there is no such session, pad or rendition
   */
  add_action<GstRtcSink, &GstRtcSinkImpl::set_viewer_rendition>(
      "set-viewer-rendition", type, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstRtcSink::set-viewer-limit:
   * @session: id of the session
   * @pad: name of a video pad
   * @max_height: most lines of the picture; 0: any
   * @max_bitrate: most bits per second; 0: any
   *
   * Returns: FALSE when there is no such session or pad
   */
  add_action<GstRtcSink, &GstRtcSinkImpl::set_viewer_limit>(
      "set-viewer-limit", type, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_UINT, G_TYPE_UINT);
  /**
   * GstRtcSink::pause-viewer:
   * @session: id of the session
   *
   * Nothing is sent and nothing encoded for the viewer until `resume-viewer`, which begins with a
   * keyframe.
   *
   * Returns: FALSE when there is no such session
   */
  add_action<GstRtcSink, &GstRtcSinkImpl::pause_viewer>("pause-viewer", type, G_TYPE_STRING);
  add_action<GstRtcSink, &GstRtcSinkImpl::resume_viewer>("resume-viewer", type, G_TYPE_STRING);
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
  add_publishing_templates(element_class);
  gst_type_mark_as_plugin_api(congestion_control_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(protection_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(viewer_control_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(GST_TYPE_RTC_SINK_PAD, GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(GST_TYPE_RTC_DATA_PAD, GstPluginAPIFlags(0));
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
  if (result != GST_STATE_CHANGE_FAILURE && (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING ||
                                             transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED))
    playback_changed();
  return result;
}
