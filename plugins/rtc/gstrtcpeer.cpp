/**
 * SECTION:element-rtcpeer
 * @title: rtcpeer
 *
 * A call: media in both directions over one connection with one other side, another rtcpeer or the
 * page in a browser. What its sink pads take is sent, what the other side sends comes out of its
 * source pads. It is found under the name `stream` by others of its room, and calls the one that
 * `peer` names; with none it waits for calls. Room and server are named as with rtcsink.
 *
 * ## Example
 * |[
 * gst-launch-1.0 rtcpeer name=p stream=door autoaudiosrc ! p.  p.audio_src_0 ! autoaudiosink
 * gst-launch-1.0 rtcpeer name=p stream=desk peer=door autoaudiosrc ! p.  p.audio_src_0 !
 * autoaudiosink
 * ]|
 *
 * ## Calls
 * A call comes with the message `rtc-call-incoming` and the signal `incoming-call`. With
 * `auto-answer` it is taken at once, unless a handler of the signal rejects it; else `accept` takes
 * it. Both sides may add pads, hold and resume while the call goes on; offers that cross are sorted
 * out (perfect negotiation, W3C WebRTC section 10.7), as are two peers that call each other. Where
 * the path breaks, who called calls again, and the pads go on.
 *
 * When the call ends, by either side or with EOS on every sink pad, the source pads send EOS
 * (`on-end=eos`), or stay for the next call (`on-end=wait`).
 *
 * ## Echo cancellation
 * Where a loudspeaker stands beside the microphone, `echo-cancellation` keeps the other side from
 * hearing itself. It needs raw sound in both directions: the audio sink pads take nothing else, and
 * what `audio_src_0` is linked to must take it. Each audio sink pad has a webrtcdsp, `audio_0_echo`
 * for the first one, whose other properties (noise-suppression, gain-control) an application may
 * set when the element has reached PAUSED.
 *
 * ## Messages
 * Element messages on the bus: `rtc-ready` (url, stream), `rtc-signaling-lost` (reason),
 * `rtc-call-incoming`, `rtc-call-started` (session, peer), `rtc-call-ended`, `rtc-call-missed`
 * (session, peer, reason), and `rtc-path`, `rtc-healing`, `rtc-healed`, `rtc-rendition` as rtcsink.
 *
 * ## Threads
 * Pads are added and signals emitted on the element's own thread, without a lock held; a handler
 * must not block.
 */
#include "gstrtcpeer.hpp"

#include "calling_element.hpp"
#include "gstrtcsinkpad.hpp"
#include "pad_proxy.hpp"
#include "publishing_face.hpp"
#include "warm_up.hpp"

using namespace rtc;

class GstRtcPeerImpl;

struct _GstRtcPeer {
  GstBin parent;
  GstRtcPeerImpl *impl;
};

class GstRtcPeerImpl : public CallingElement {
 public:
  using Settings = SinkSettings;

  explicit GstRtcPeerImpl(GstRtcPeer *self)
      : CallingElement(GST_ELEMENT(self)), element_(GST_ELEMENT(self)) {
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
  }

  static GstRtcPeerImpl *from(gpointer instance) {
    return reinterpret_cast<GstRtcPeer *>(instance)->impl;
  }
  static void class_init(GstRtcPeerClass *klass);
  static void add_signals(GType type);
  static void add_actions(GType type);
  static const std::vector<PropertyRow<GstRtcPeerImpl>> &properties();

  GstStateChangeReturn change_state(GstStateChange transition);
  gboolean send_event(GstEvent *event);
  GstPad *request_new_pad(GstPadTemplate *pad_template, const gchar *name, const GstCaps *) {
    return PublishingElement::request_new_pad(pad_template, name);
  }
  void release_pad(GstPad *pad) { PublishingElement::release_pad(pad); }
  gboolean call(const gchar *peer) { return CallingElement::call(peer); }
  gboolean accept(const gchar *session) { return CallingElement::accept(session); }
  gboolean reject(const gchar *session, const gchar *reason) {
    return CallingElement::reject(session, reason);
  }
  gboolean hang_up(const gchar *reason) { return CallingElement::hang_up(reason); }
  gboolean hold() { return CallingElement::hold(true); }
  gboolean resume() { return CallingElement::hold(false); }

 private:
  GstElement *const element_;
};

RTC_DEFINE_TYPE(GstRtcPeer, gst_rtc_peer, GST_TYPE_BIN, add_pad_proxy(g_define_type_id))
GST_ELEMENT_REGISTER_DEFINE(rtcpeer, "rtcpeer", GST_RANK_NONE, GST_TYPE_RTC_PEER);

namespace {

enum OnEnd { on_end_eos, on_end_wait };

GType on_end_type() {
  static const GEnumValue values[] = {{on_end_eos, "EOS on every source pad", "eos"},
                                      {on_end_wait, "Keep the pads for the next call", "wait"},
                                      {0, nullptr, nullptr}};
  static const auto type = g_enum_register_static("GstRtcPeerOnEnd", values);
  return type;
}

using I = GstRtcPeerImpl;

PropertyRow<I> on_end_row() {
  return {g_param_spec_enum("on-end", "on-end", "What happens when a call ends.", on_end_type(),
                            on_end_eos, read_write),
          [](I &self, const GValue *v) {
            self.call_settings.set(&CallSettings::wait_for_next,
                                   g_value_get_enum(v) == on_end_wait);
          },
          [](I &self, GValue *v) {
            g_value_set_enum(v, self.call_settings.copy().wait_for_next ? on_end_wait : on_end_eos);
          }};
}

template <MediaKind kind, auto member>
PropertyRow<I> mute_row(const char *name, const char *blurb) {
  return {g_param_spec_boolean(
              name, name, blurb, FALSE,
              GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)),
          [](I &self, const GValue *v) { self.mute(kind, g_value_get_boolean(v)); },
          [](I &self, GValue *v) { g_value_set_boolean(v, self.call_settings.copy().*member); }};
}

}  // namespace

const std::vector<PropertyRow<I>> &GstRtcPeerImpl::properties() {
  constexpr auto store = &I::call_settings;
  using S = CallSettings;
  static const auto rows = [] {
    auto table = publishing_rows<I>();
    for (auto row :
         {string_row<I, &SinkSettings::stream>(
              "stream", "Name under which others call; unset: the element's name, made unique."),
          string_row<I, &S::peer, store>(
              "peer", "Name or id of whom to call, once it is there; unset: calls are waited for."),
          bool_row<I, &S::auto_answer, store>(
              "auto-answer", "Whether calls are taken at once, else by the signal accept.", TRUE),
          uint_row<I, &S::call_timeout, store>(
              "call-timeout",
              "Time in ms that somebody who is called has to come and to answer; 0: any.", 0,
              3600000, 30000),
          uint_row<I, &S::latency, store>(
              "latency", "Time in ms that packets wait for late ones before them.", 0, 10000, 200),
          uint_row<I, &S::max_bitrate, store>(
              "max-bitrate",
              "Most bit/s of video that the other side is to send (b=AS); 0: no limit.", 0,
              1000000000, 0),
          bool_row<I, &S::cancel_echo, store>("echo-cancellation",
                                              "Whether what comes out of audio_src_0 is taken out "
                                              "of what the audio pads take, which "
                                              "becomes raw, mono at 48 kHz (webrtcdsp).",
                                              FALSE),
          on_end_row(),
          mute_row<MediaKind::audio, &S::mute_audio>("mute-audio",
                                                     "Whether no audio is sent for now."),
          mute_row<MediaKind::video, &S::mute_video>("mute-video",
                                                     "Whether no video is sent for now.")})
      table.push_back(row);
    return table;
  }();
  return rows;
}

void GstRtcPeerImpl::add_signals(GType type) {
  /**
   * GstRtcPeer::incoming-call:
   * @session: id of the session, for `accept` and `reject`
   * @peer: name of who calls, or the id where there is none
   */
  g_signal_new("incoming-call", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr, G_TYPE_NONE,
               2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstRtcPeer::session-started:
   * @session: id of the session
   * @peer: id of the other side
   * @webrtcbin: the connection, before negotiation; also one that is to replace a broken one
   */
  g_signal_new("session-started", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr,
               G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, GST_TYPE_ELEMENT);
}

void GstRtcPeerImpl::add_actions(GType type) {
  /**
   * GstRtcPeer::call:
   * @peer: name or id; who is not there yet is waited for, up to `call-timeout`
   *
   * Returns: FALSE when there is a call already
   */
  add_action<GstRtcPeer, &I::call>("call", type, G_TYPE_STRING);
  /**
   * GstRtcPeer::accept:
   * @session: id of the session
   *
   * Returns: FALSE when nobody calls
   */
  add_action<GstRtcPeer, &I::accept>("accept", type, G_TYPE_STRING);
  /**
   * GstRtcPeer::reject:
   * @session: id of the session
   * @reason: told to the caller, in words; may be empty
   *
   * Returns: FALSE when nobody calls
   */
  add_action<GstRtcPeer, &I::reject>("reject", type, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstRtcPeer::hang-up:
   * @reason: told to the other side, in words; may be empty
   *
   * Ends the call there is, or the attempt.
   *
   * Returns: FALSE when there is none
   */
  add_action<GstRtcPeer, &I::hang_up>("hang-up", type, G_TYPE_STRING);
  /**
   * GstRtcPeer::hold:
   *
   * Media goes neither way until `resume`; the other side is told (a=inactive).
   *
   * Returns: FALSE before the element has started
   */
  add_action<GstRtcPeer, &I::hold>("hold", type);
  add_action<GstRtcPeer, &I::resume>("resume", type);
  /**
   * GstRtcPeer::encoder-setup:
   * @pad: name of the pad whose media it encodes
   * @encoder: the new encoder with the element's settings, before it starts
   */
  g_signal_new("encoder-setup", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr, G_TYPE_NONE,
               2, G_TYPE_STRING, GST_TYPE_ELEMENT);
}

void GstRtcPeerImpl::class_init(GstRtcPeerClass *klass) {
  install_properties<I>(G_OBJECT_CLASS(klass));
  add_signals(G_TYPE_FROM_CLASS(klass));
  add_actions(G_TYPE_FROM_CLASS(klass));
  auto *element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = Vfunc<&I::change_state>::call<GstElement>;
  element_class->send_event = Vfunc<&I::send_event>::call<GstElement>;
  element_class->request_new_pad = Vfunc<&I::request_new_pad>::call<GstElement>;
  element_class->release_pad = Vfunc<&I::release_pad>::call<GstElement>;
  add_publishing_templates(element_class);
  for (const auto &[name, kind] :
       {std::pair{"video_src_%u", MediaKind::video}, std::pair{"audio_src_%u", MediaKind::audio}}) {
    const auto caps = adopt(gst_caps_from_string((pad_caps(kind) + "; application/x-rtp").c_str()));
    gst_element_class_add_pad_template(
        element_class, gst_pad_template_new(name, GST_PAD_SRC, GST_PAD_SOMETIMES, caps.get()));
  }
  gst_type_mark_as_plugin_api(on_end_type(), GstPluginAPIFlags(0));
  gst_element_class_set_static_metadata(element_class, "WebRTC call", "Source/Sink/Network/WebRTC",
                                        "Sends and receives on one connection: calls", "gst-rtc");
}

gboolean GstRtcPeerImpl::send_event(GstEvent *event) {
  if (GST_EVENT_TYPE(event) != GST_EVENT_EOS)
    return GST_ELEMENT_CLASS(gst_rtc_peer_parent_class)->send_event(element_, event);
  gst_event_unref(event);
  end();
  return TRUE;
}

GstStateChangeReturn GstRtcPeerImpl::change_state(GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) warm_up();
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start()) return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) stop();
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) finish_warm_up();
  const auto result =
      GST_ELEMENT_CLASS(gst_rtc_peer_parent_class)->change_state(element_, transition);
  if (result == GST_STATE_CHANGE_FAILURE) return result;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING) play();
  const bool live = transition == GST_STATE_CHANGE_READY_TO_PAUSED ||
                    transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED;
  return live ? GST_STATE_CHANGE_NO_PREROLL : result;
}
