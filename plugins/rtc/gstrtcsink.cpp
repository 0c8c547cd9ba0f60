/**
 * SECTION:element-rtcsink
 * @title: rtcsink
 *
 * Publishes video and audio to any number of WebRTC viewers. Raw media is encoded once per codec in
 * use, never once per viewer; encoded media passes through untouched. Viewers come through a rooms
 * server: the one that `uri` names, the one the element brings along with `listen`, or, with
 * neither, the one on 127.0.0.1:8080 that pipelines of one machine share.
 *
 * ## Example
 * |[
 * gst-launch-1.0 videotestsrc is-live=true ! rtcsink name=s  audiotestsrc is-live=true ! s.
 * ]|
 * Then open http://127.0.0.1:8080/ in a browser.
 *
 * ## Messages
 * Element messages on the bus: `rtc-ready` (url, stream), `rtc-signaling-lost` (reason),
 * `rtc-viewer-added` (session, peer, viewers), `rtc-viewer-connected` (session, peer),
 * `rtc-viewer-removed` (session, peer, reason, viewers).
 *
 * ## Threads
 * Signals are emitted on the element's own thread, without a lock held; a handler must not block.
 */
#include "gstrtcsink.hpp"

#include <gst/video/video.h>

#include <algorithm>
#include <future>
#include <optional>

#include "base/log.hpp"
#include "base/text.hpp"
#include "element_error.hpp"
#include "properties.hpp"
#include "session/publisher.hpp"
#include "sink_pad.hpp"
#include "warm_up.hpp"

using namespace rtc;

class GstRtcSinkImpl;

struct _GstRtcSink {
  GstBin parent;
  GstRtcSinkImpl *impl;
};

namespace {

struct SinkSettings : ConnectionSettings {
  std::string stream;
  std::string video_codecs = "VP8,H264,VP9,AV1";
  std::string audio_codecs = "OPUS";
  guint video_bitrate = 0;
  guint audio_bitrate = 64000;
  guint keyframe_interval = 10000;
  guint linger = 5000;
  guint max_viewers = 0;
};

enum Signal {
  viewer_added_signal,
  viewer_removed_signal,
  accept_viewer_signal,
  disconnect_viewer_signal,
  encoder_setup_signal,
  signal_count
};
guint signals[signal_count];

}  // namespace

class GstRtcSinkImpl : public Publisher::Events {
 public:
  using Settings = SinkSettings;

  explicit GstRtcSinkImpl(GstRtcSink *self) : element_(GST_ELEMENT(self)) {}
  ~GstRtcSinkImpl() override { stop(); }

  static GstRtcSinkImpl *from(gpointer instance) {
    return reinterpret_cast<GstRtcSink *>(instance)->impl;
  }
  static void class_init(GstRtcSinkClass *klass);
  static const std::vector<PropertyRow<GstRtcSinkImpl>> &properties();

  GstStateChangeReturn change_state(GstStateChange transition);
  GstPad *request_new_pad(GstPadTemplate *pad_template, const gchar *name, const GstCaps *caps);
  void release_pad(GstPad *pad);
  gboolean disconnect_viewer(const gchar *session);
  guint viewer_count() const { return viewer_count_; }
  std::string url() const;
  StructurePtr stats();

  GuardedSettings<Settings> settings;

 private:
  void publisher_ready(const std::string &url, const std::string &stream) override;
  void publisher_lost(const Error &error) override;
  void publisher_failed(const Error &error) override { post_error(element_, error); }
  void publisher_warns(const std::string &session, const Error &error) override;
  bool accept_viewer(const std::string &session, const std::string &peer) override;
  void viewer_added(const std::string &session, const std::string &peer, GstElement *webrtcbin,
                    size_t viewers) override;
  void viewer_started(const std::string &session, const std::string &peer) override;
  void viewer_removed(const std::string &session, const std::string &peer,
                      const std::string &reason, size_t viewers) override;

  Result<PublisherSettings> publisher_settings() const;
  Input::Hooks hooks(const std::string &pad);
  bool start();
  void play();
  void stop();
  void inputs_ended();
  void post(GstStructure *structure) {
    gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), structure));
  }
  std::vector<std::shared_ptr<SinkPad>> pads() const;

  GstElement *const element_;
  std::atomic<guint> viewer_count_{0};

  // Made with the element's first pad or start; destroyed in the reverse order of this list.
  std::optional<EventLoop> loop_;
  std::shared_ptr<Reaper> reaper_ = std::make_shared<Reaper>();
  std::shared_ptr<WorkerPool> pool_;
  std::unique_ptr<Publisher> publisher_;  // on the loop only

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  std::vector<std::shared_ptr<SinkPad>> pads_;
  unsigned next_video_ = 0;
  unsigned next_audio_ = 0;
  std::string url_;
  StructurePtr last_stats_;
  GstClockTime epoch_ = GST_CLOCK_TIME_NONE;
};

RTC_DEFINE_TYPE(GstRtcSink, gst_rtc_sink, GST_TYPE_BIN, )
GST_ELEMENT_REGISTER_DEFINE(rtcsink, "rtcsink", GST_RANK_NONE, GST_TYPE_RTC_SINK);

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
                 "video-bitrate", "Rate of encoded video in bit/s; 0: by size and frame rate.", 0,
                 1000000000, 0),
             uint_row<GstRtcSinkImpl, &SinkSettings::audio_bitrate>(
                 "audio-bitrate", "Rate of encoded audio in bit/s.", 6000, 510000, 64000),
             uint_row<GstRtcSinkImpl, &SinkSettings::keyframe_interval>(
                 "keyframe-interval",
                 "Longest time between keyframes of encoded video in ms; viewers get one at once "
                 "when they need it.",
                 100, 3600000, 10000),
             uint_row<GstRtcSinkImpl, &SinkSettings::linger>(
                 "linger", "How long in ms an encoder goes on after its last viewer left.", 0,
                 3600000, 5000),
             uint_row<GstRtcSinkImpl, &SinkSettings::max_viewers>(
                 "max-viewers", "Most viewers at a time; 0: any number.", 0, 100000, 0),
         })
      table.push_back(row);
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

void add_template(GstElementClass *klass, const char *name, MediaKind kind) {
  const auto caps = adopt(gst_caps_from_string(pad_caps(kind).c_str()));
  gst_element_class_add_pad_template(
      klass, gst_pad_template_new(name, GST_PAD_SINK, GST_PAD_REQUEST, caps.get()));
}

}  // namespace

void GstRtcSinkImpl::class_init(GstRtcSinkClass *klass) {
  install_properties<GstRtcSinkImpl>(G_OBJECT_CLASS(klass));
  const auto type = G_TYPE_FROM_CLASS(klass);

  /**
   * GstRtcSink::viewer-added:
   * @session: id of the session
   * @peer: id of the viewer
   * @webrtcbin: the connection, before negotiation
   */
  signals[viewer_added_signal] =
      g_signal_new("viewer-added", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr,
                   G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, GST_TYPE_ELEMENT);
  /**
   * GstRtcSink::viewer-removed:
   * @session: id of the session
   * @peer: id of the viewer
   * @reason: why, in words
   */
  signals[viewer_removed_signal] =
      g_signal_new("viewer-removed", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr,
                   G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstRtcSink::accept-viewer:
   * @session: id of the session
   * @peer: id of the viewer
   *
   * Returns: FALSE to turn the viewer away
   */
  signals[accept_viewer_signal] = g_signal_new_class_handler(
      "accept-viewer", type, G_SIGNAL_RUN_LAST,
      G_CALLBACK(+[](GstRtcSink *, const gchar *, const gchar *) -> gboolean { return TRUE; }),
      all_accept, nullptr, nullptr, G_TYPE_BOOLEAN, 2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstRtcSink::disconnect-viewer:
   * @session: id of the session
   *
   * Returns: FALSE when there is no such session
   */
  signals[disconnect_viewer_signal] = g_signal_new_class_handler(
      "disconnect-viewer", type, GSignalFlags(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
      G_CALLBACK(&Vfunc<&GstRtcSinkImpl::disconnect_viewer>::call<GstRtcSink>), nullptr, nullptr,
      nullptr, G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
  /**
   * GstRtcSink::encoder-setup:
   * @pad: name of the pad whose media it encodes
   * @encoder: the new encoder with the element's settings, before it starts
   */
  signals[encoder_setup_signal] =
      g_signal_new("encoder-setup", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr,
                   G_TYPE_NONE, 2, G_TYPE_STRING, GST_TYPE_ELEMENT);

  auto *element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = Vfunc<&GstRtcSinkImpl::change_state>::call<GstElement>;
  element_class->request_new_pad = Vfunc<&GstRtcSinkImpl::request_new_pad>::call<GstElement>;
  element_class->release_pad = Vfunc<&GstRtcSinkImpl::release_pad>::call<GstElement>;
  add_template(element_class, "video_%u", MediaKind::video);
  add_template(element_class, "audio_%u", MediaKind::audio);
  gst_element_class_set_static_metadata(
      element_class, "WebRTC publisher", "Sink/Network/WebRTC",
      "Publishes video and audio to WebRTC viewers, encoded once for all of them", "gst-rtc");
}

std::vector<std::shared_ptr<SinkPad>> GstRtcSinkImpl::pads() const {
  std::lock_guard lock(mutex_);
  return pads_;
}

Input::Hooks GstRtcSinkImpl::hooks(const std::string &pad) {
  Input::Hooks hooks;
  hooks.encoder_setup = [this](const std::string &name, GstElement *encoder) {
    g_signal_emit(element_, signals[encoder_setup_signal], 0, name.c_str(), encoder);
  };
  hooks.keyframe_upstream = [this, pad] {
    loop_->post([this, pad] {
      const auto ghost = adopt(gst_element_get_static_pad(element_, pad.c_str()));
      if (ghost)
        gst_pad_push_event(
            ghost.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
    });
  };
  hooks.caps_known = [this] {
    loop_->post([this] {
      if (publisher_) publisher_->inputs_changed();
    });
  };
  hooks.failed = [this](const Error &error) { post_error(element_, error); };
  return hooks;
}

GstPad *GstRtcSinkImpl::request_new_pad(GstPadTemplate *pad_template, const gchar *name,
                                        const GstCaps *) {
  const bool video = g_str_has_prefix(GST_PAD_TEMPLATE_NAME_TEMPLATE(pad_template), "video");
  const auto kind = video ? MediaKind::video : MediaKind::audio;
  std::string pad_name;
  {
    std::lock_guard lock(mutex_);
    auto &next = video ? next_video_ : next_audio_;
    unsigned index = next;
    if (name) sscanf(name, "%*[a-z]_%u", &index);
    pad_name = format("%s_%u", to_string(kind), index);
    next = std::max(next, index + 1);
  }
  if (const auto existing = adopt(gst_element_get_static_pad(element_, pad_name.c_str())))
    return nullptr;
  if (!loop_) loop_.emplace("rtcsink");
  if (!pool_)
    pool_ = std::make_shared<WorkerPool>(
        std::min(2u, std::max(1u, std::thread::hardware_concurrency())));

  auto input = std::make_shared<Input>(*loop_, kind, pad_name, hooks(pad_name), pool_);
  auto pad = std::make_shared<SinkPad>(GST_BIN(element_), pad_template, pad_name.c_str(), input);
  pad->on_end([this] { inputs_ended(); });
  {
    std::lock_guard lock(mutex_);
    pads_.push_back(pad);
    pad->set_epoch(epoch_);
  }
  const auto encoding = publisher_settings();
  loop_->call([&] {
    if (encoding) input->configure(encoding->encoding);
    if (publisher_) publisher_->add_input(input);
  });
  gst_pad_set_active(pad->ghost(), TRUE);
  gst_element_add_pad(element_, pad->ghost());
  return pad->ghost();
}

void GstRtcSinkImpl::release_pad(GstPad *ghost) {
  std::shared_ptr<SinkPad> pad;
  {
    std::lock_guard lock(mutex_);
    const auto found = std::find_if(pads_.begin(), pads_.end(),
                                    [&](const auto &p) { return p->ghost() == ghost; });
    if (found == pads_.end()) return;
    pad = *found;
    pads_.erase(found);
  }
  loop_->call([&] {
    if (publisher_) publisher_->remove_input(pad->input());
  });
  gst_pad_set_active(ghost, FALSE);
  gst_element_remove_pad(element_, ghost);
}

Result<PublisherSettings> GstRtcSinkImpl::publisher_settings() const {
  const auto s = settings.copy();
  const auto video = parse_codec_names(split(s.video_codecs, ','), MediaKind::video);
  if (!video) return video.error();
  const auto audio = parse_codec_names(split(s.audio_codecs, ','), MediaKind::audio);
  if (!audio) return audio.error();
  PublisherSettings result;
  result.connection = s;
  result.stream_is_fixed = !s.stream.empty();
  const CharPtr element_name(gst_element_get_name(element_));
  result.stream = s.stream.empty() ? element_name.get() : s.stream;
  result.max_viewers = s.max_viewers;
  result.encoding = {*video,
                     *audio,
                     s.video_bitrate,
                     s.audio_bitrate,
                     milliseconds(s.keyframe_interval),
                     milliseconds(s.linger)};
  return result;
}

bool GstRtcSinkImpl::start() {
  auto configured = publisher_settings();
  if (!configured) {
    post_error(element_, configured.error());
    return false;
  }
  if (!loop_) loop_.emplace("rtcsink");
  std::vector<std::shared_ptr<Input>> inputs;
  for (const auto &pad : pads()) inputs.push_back(pad->input());
  std::optional<Error> error;
  loop_->call([&] {
    for (const auto &input : inputs) input->configure(configured->encoding);
    publisher_ = std::make_unique<Publisher>(*loop_, *configured, *this, reaper_);
    if (const auto started = publisher_->start(inputs); !started) {
      error = started.error();
      publisher_.reset();
    }
  });
  if (error) post_error(element_, *error);
  return !error;
}

void GstRtcSinkImpl::play() {
  const auto clock = adopt(gst_element_get_clock(element_));
  if (!clock) return;
  GstClockTime epoch;
  {
    std::lock_guard lock(mutex_);
    if (!GST_CLOCK_TIME_IS_VALID(epoch_)) epoch_ = gst_element_get_base_time(element_);
    epoch = epoch_;
  }
  for (const auto &pad : pads()) pad->set_epoch(epoch);
  loop_->post([this, clock, epoch] {
    if (publisher_) publisher_->play(clock, epoch);
  });
}

void GstRtcSinkImpl::stop() {
  if (!loop_) return;
  loop_->call([&] { publisher_.reset(); });
  std::lock_guard lock(mutex_);
  epoch_ = GST_CLOCK_TIME_NONE;
  url_.clear();
  for (const auto &pad : pads_) pad->rewind();
}

void GstRtcSinkImpl::inputs_ended() {
  for (const auto &pad : pads())
    if (!pad->ended()) return;
  loop_->call([this] {
    if (publisher_) publisher_->finish();
  });
}

GstStateChangeReturn GstRtcSinkImpl::change_state(GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) warm_up();
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start()) return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) stop();
  const auto result =
      GST_ELEMENT_CLASS(gst_rtc_sink_parent_class)->change_state(element_, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING && result != GST_STATE_CHANGE_FAILURE)
    play();
  return result;
}

gboolean GstRtcSinkImpl::disconnect_viewer(const gchar *session) {
  gboolean found = FALSE;
  if (loop_ && session)
    loop_->call([&] {
      found = publisher_ && publisher_->disconnect_viewer(session, "disconnected by the publisher");
    });
  return found;
}

std::string GstRtcSinkImpl::url() const {
  std::lock_guard lock(mutex_);
  return url_;
}

StructurePtr GstRtcSinkImpl::stats() {
  if (loop_ && !loop_->is_current()) {
    auto answer = std::make_shared<std::promise<void>>();
    auto answered = answer->get_future();
    loop_->post([this, answer] {
      if (!publisher_) return answer->set_value();
      publisher_->get_stats([this, answer](StructurePtr stats) {
        std::lock_guard lock(mutex_);
        last_stats_ = std::move(stats);
        answer->set_value();
      });
    });
    answered.wait_for(seconds(1));
  }
  std::lock_guard lock(mutex_);
  return StructurePtr(last_stats_ ? gst_structure_copy(last_stats_.get())
                                  : gst_structure_new_empty("application/x-rtc-stats"));
}

void GstRtcSinkImpl::publisher_ready(const std::string &url, const std::string &stream) {
  {
    std::lock_guard lock(mutex_);
    url_ = url;
  }
  post(gst_structure_new("rtc-ready", "url", G_TYPE_STRING, url.c_str(), "stream", G_TYPE_STRING,
                         stream.c_str(), nullptr));
}

void GstRtcSinkImpl::publisher_lost(const Error &error) {
  post(gst_structure_new("rtc-signaling-lost", "reason", G_TYPE_STRING, error.message.c_str(),
                         nullptr));
}

void GstRtcSinkImpl::publisher_warns(const std::string &session, const Error &error) {
  auto about = error;
  about.detail += " (session " + session + ")";
  post_warning(element_, about);
}

bool GstRtcSinkImpl::accept_viewer(const std::string &session, const std::string &peer) {
  gboolean accepted = TRUE;
  g_signal_emit(element_, signals[accept_viewer_signal], 0, session.c_str(), peer.c_str(),
                &accepted);
  return accepted;
}

void GstRtcSinkImpl::viewer_added(const std::string &session, const std::string &peer,
                                  GstElement *webrtcbin, size_t viewers) {
  viewer_count_ = static_cast<guint>(viewers);
  g_signal_emit(element_, signals[viewer_added_signal], 0, session.c_str(), peer.c_str(),
                webrtcbin);
  post(gst_structure_new("rtc-viewer-added", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), "viewers", G_TYPE_UINT,
                         static_cast<guint>(viewers), nullptr));
}

void GstRtcSinkImpl::viewer_started(const std::string &session, const std::string &peer) {
  post(gst_structure_new("rtc-viewer-connected", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), nullptr));
}

void GstRtcSinkImpl::viewer_removed(const std::string &session, const std::string &peer,
                                    const std::string &reason, size_t viewers) {
  viewer_count_ = static_cast<guint>(viewers);
  g_signal_emit(element_, signals[viewer_removed_signal], 0, session.c_str(), peer.c_str(),
                reason.c_str());
  post(gst_structure_new("rtc-viewer-removed", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), "reason", G_TYPE_STRING, reason.c_str(),
                         "viewers", G_TYPE_UINT, static_cast<guint>(viewers), nullptr));
}
