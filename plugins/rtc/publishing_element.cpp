#include "publishing_element.hpp"

#include <gst/video/video.h>

#include <algorithm>

#include "base/text.hpp"
#include "element_error.hpp"
#include "path_message.hpp"

namespace rtc {

namespace {
constexpr auto stop_deadline = seconds(10);
}

PublishingElement::~PublishingElement() {
  stop();
  pads_.clear();
  data_pads_.clear();
  // The threads of sessions and groups call back into this object until they have ended.
  reaper_->wait(stop_deadline);
}

std::vector<std::shared_ptr<SinkPad>> PublishingElement::pads() const {
  std::lock_guard lock(mutex_);
  return pads_;
}

Input::Hooks PublishingElement::hooks(const std::string &pad) {
  Input::Hooks hooks;
  hooks.encoder_setup = [this](const std::string &name, GstElement *encoder) {
    g_signal_emit_by_name(element_, "encoder-setup", name.c_str(), encoder);
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
  hooks.failed = [this, pad](const Codec &codec, size_t rendition, const Error &error) {
    loop_->post([this, pad, choice = Input::Choice{&codec, rendition}, error] {
      if (publisher_) publisher_->encoding_failed(pad, choice, error);
    });
  };
  hooks.warned = [this](const Error &error) { post_warning(element_, error); };
  return hooks;
}

std::string PublishingElement::pad_name(const char *kind, const char *wanted, unsigned &next) {
  std::string name;
  {
    std::lock_guard lock(mutex_);
    unsigned index = next;
    if (wanted) sscanf(wanted, "%*[a-z]_%u", &index);
    name = format("%s_%u", kind, index);
    next = std::max(next, index + 1);
  }
  return adopt(gst_element_get_static_pad(element_, name.c_str())) ? "" : name;
}

void PublishingElement::announce_pad(GstPad *ghost) {
  gst_pad_set_active(ghost, TRUE);
  gst_element_add_pad(element_, ghost);
  // Properties that a launch line gives to a pad are set upon this.
  gst_child_proxy_child_added(GST_CHILD_PROXY(element_), G_OBJECT(ghost), GST_PAD_NAME(ghost));
}

GstPad *PublishingElement::request_new_pad(GstPadTemplate *pad_template, const char *name) {
  const std::string_view kind_name = GST_PAD_TEMPLATE_NAME_TEMPLATE(pad_template);
  if (kind_name.starts_with("data")) return request_data_pad(pad_template, name);
  const bool video = kind_name.starts_with("video");
  const auto kind = video ? MediaKind::video : MediaKind::audio;
  const auto pad_name = this->pad_name(to_string(kind), name, video ? next_video_ : next_audio_);
  if (pad_name.empty()) return nullptr;
  if (!loop_) loop_.emplace("rtcsink");
  if (!pool_)
    pool_ = std::make_shared<WorkerPool>(
        std::min(2u, std::max(1u, std::thread::hardware_concurrency())));

  auto input = std::make_shared<Input>(*loop_, kind, pad_name, hooks(pad_name), pool_, reaper_);
  auto pad = std::make_shared<SinkPad>(GST_BIN(element_), pad_template, pad_name.c_str(), input);
  pad->on_end([this] { inputs_ended(); });
  pad->on_restart([this] {
    loop_->post([this] {
      if (publisher_) publisher_->resume();
    });
  });
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
  announce_pad(pad->ghost());
  return pad->ghost();
}

void PublishingElement::release_pad(GstPad *ghost) {
  if (release_data_pad(ghost)) return;
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
  gst_child_proxy_child_removed(GST_CHILD_PROXY(element_), G_OBJECT(ghost), GST_PAD_NAME(ghost));
  gst_element_remove_pad(element_, ghost);
}

Result<PublisherSettings> PublishingElement::publisher_settings() const {
  const auto s = settings.copy();
  const auto video = parse_codec_names(split(s.video_codecs, ','), MediaKind::video);
  if (!video) return video.error();
  const auto audio = parse_codec_names(split(s.audio_codecs, ','), MediaKind::audio);
  if (!audio) return audio.error();
  const auto renditions = parse_renditions(s.renditions);
  if (!renditions) return renditions.error();
  PublisherSettings result;
  result.connection = s;
  result.stream_is_fixed = !s.stream.empty();
  const CharPtr element_name(gst_element_get_name(element_));
  result.stream = s.stream.empty() ? element_name.get() : s.stream;
  result.max_viewers = s.max_viewers;
  result.control_rate = s.control_rate;
  result.encoding = {*video,
                     *audio,
                     s.video_bitrate,
                     *renditions,
                     s.audio_bitrate,
                     milliseconds(s.keyframe_interval),
                     milliseconds(s.linger)};
  return result;
}

bool PublishingElement::start() {
  auto configured = publisher_settings();
  if (!configured) {
    post_error(element_, configured.error());
    return false;
  }
  if (!loop_) loop_.emplace("rtcsink");
  const auto feeds = configured_feeds();
  if (!feeds) {
    post_error(element_, feeds.error());
    return false;
  }
  std::vector<std::shared_ptr<Input>> inputs;
  for (const auto &pad : pads()) {
    const auto renditions = parse_renditions(pad->renditions());
    if (!renditions) {
      post_error(element_, renditions.error());
      return false;
    }
    inputs.push_back(pad->input());
  }
  std::optional<Error> error;
  loop_->call([&] {
    for (const auto &input : inputs) input->configure(configured->encoding);
    publisher_ = std::make_unique<Publisher>(*loop_, *configured, *this, reaper_);
    if (const auto started = publisher_->start(inputs, *feeds); !started) {
      error = started.error();
      publisher_.reset();
    }
  });
  if (error) post_error(element_, *error);
  return !error;
}

void PublishingElement::play() {
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

void PublishingElement::stop() {
  if (!loop_) return;
  for (const auto &pad : data_pads()) pad->feed()->stop(true);
  loop_->call([&] {
    publisher_.reset();
    for (const auto &pad : pads()) pad->input()->rewind();
  });
  std::lock_guard lock(mutex_);
  epoch_ = GST_CLOCK_TIME_NONE;
  url_.clear();
  for (const auto &pad : pads_) pad->rewind();
  for (const auto &pad : data_pads_) pad->rewind();
}

void PublishingElement::inputs_ended() {
  for (const auto &pad : pads())
    if (!pad->ended()) return;
  for (const auto &pad : data_pads())
    if (!pad->ended()) return;
  loop_->call([this] {
    if (publisher_) publisher_->finish();
  });
}

bool PublishingElement::disconnect_viewer(const char *session) {
  bool found = false;
  if (loop_ && session)
    loop_->call([&] {
      found = publisher_ && publisher_->disconnect_viewer(session, "disconnected by the publisher");
    });
  return found;
}

bool PublishingElement::ask_publisher(const std::function<Result<bool>(Publisher &)> &what) {
  std::optional<Error> error;
  if (!loop_) return false;
  loop_->call([&] {
    if (!publisher_)
      error = Error{Error::Kind::not_found, "There are no viewers before the element has started.",
                    "not started"};
    else if (const auto done = what(*publisher_); !done)
      error = done.error();
  });
  if (error) post_warning(element_, *error);
  return !error;
}

bool PublishingElement::set_viewer_rendition(const char *session, const char *pad,
                                             const char *rendition) {
  if (!session || !pad) return false;
  return ask_publisher([&](Publisher &publisher) {
    return publisher.fix_rendition(session, pad, rendition ? rendition : "");
  });
}

bool PublishingElement::set_viewer_limit(const char *session, const char *pad, guint max_height,
                                         guint max_bitrate) {
  if (!session || !pad) return false;
  return ask_publisher([&](Publisher &publisher) {
    return publisher.limit_viewer(session, pad, max_height, max_bitrate);
  });
}

bool PublishingElement::pause_viewer(const char *session, bool paused) {
  if (!session) return false;
  return ask_publisher(
      [&](Publisher &publisher) { return publisher.pause_viewer(session, paused); });
}

guint PublishingElement::pad_count() const {
  return static_cast<guint>(pads().size() + data_pads().size());
}

Ref<GstPad> PublishingElement::pad_at(guint index) const {
  std::vector<GstPad *> all;
  for (const auto &pad : pads()) all.push_back(pad->ghost());
  for (const auto &pad : data_pads()) all.push_back(pad->ghost());
  return index < all.size() ? share(all[index]) : Ref<GstPad>();
}

std::string PublishingElement::url() const {
  std::lock_guard lock(mutex_);
  return url_;
}

void PublishingElement::publisher_failed(const Error &error) { post_error(element_, error); }

StructurePtr PublishingElement::stats() {
  return stats_reader_.read(loop_ ? &*loop_ : nullptr, [this](auto done) {
    if (publisher_) publisher_->get_stats(std::move(done));
  });
}

void PublishingElement::publisher_ready(const std::string &url, const std::string &stream) {
  {
    std::lock_guard lock(mutex_);
    url_ = url;
  }
  post(gst_structure_new("rtc-ready", "url", G_TYPE_STRING, url.c_str(), "stream", G_TYPE_STRING,
                         stream.c_str(), nullptr));
}

void PublishingElement::publisher_lost(const Error &error) {
  post(gst_structure_new("rtc-signaling-lost", "reason", G_TYPE_STRING, error.message.c_str(),
                         nullptr));
}

void PublishingElement::publisher_warns(const std::string &session, const Error &error) {
  auto about = error;
  if (!session.empty()) about.detail += " (session " + session + ")";
  post_warning(element_, about);
}

bool PublishingElement::accept_viewer(const std::string &session, const std::string &peer) {
  gboolean accepted = TRUE;
  g_signal_emit_by_name(element_, "accept-viewer", session.c_str(), peer.c_str(), &accepted);
  return accepted;
}

void PublishingElement::viewer_added(const std::string &session, const std::string &peer,
                                     GstElement *webrtcbin, size_t viewers) {
  viewer_count_ = static_cast<guint>(viewers);
  g_signal_emit_by_name(element_, "viewer-added", session.c_str(), peer.c_str(), webrtcbin);
  post(gst_structure_new("rtc-viewer-added", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), "viewers", G_TYPE_UINT,
                         static_cast<guint>(viewers), nullptr));
}

void PublishingElement::viewer_started(const std::string &session, const std::string &peer) {
  post(gst_structure_new("rtc-viewer-connected", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), nullptr));
}

void PublishingElement::viewer_healing(const std::string &session, const std::string &peer,
                                       const std::string &reason, GstElement *webrtcbin) {
  g_signal_emit_by_name(element_, "viewer-healing", session.c_str(), peer.c_str(), webrtcbin);
  auto *message = healing_message(session, reason);
  gst_structure_set(message, "peer", G_TYPE_STRING, peer.c_str(), nullptr);
  post(message);
}

void PublishingElement::viewer_healed(const std::string &session, const std::string &peer,
                                      milliseconds gap) {
  auto *message = healed_message(session, gap);
  gst_structure_set(message, "peer", G_TYPE_STRING, peer.c_str(), nullptr);
  post(message);
}

void PublishingElement::viewer_path_changed(const std::string &session, const std::string &peer,
                                            const SelectedPair &path) {
  auto *message = path_message(session, path);
  gst_structure_set(message, "peer", G_TYPE_STRING, peer.c_str(), nullptr);
  post(message);
}

void PublishingElement::viewer_rendition(const std::string &session, const std::string &peer,
                                         const std::string &pad, const std::string &rendition,
                                         const std::string &reason) {
  post(gst_structure_new("rtc-rendition", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), "pad", G_TYPE_STRING, pad.c_str(),
                         "rendition", G_TYPE_STRING, rendition.c_str(), "reason", G_TYPE_STRING,
                         reason.c_str(), nullptr));
}

void PublishingElement::viewer_removed(const std::string &session, const std::string &peer,
                                       const std::string &reason, size_t viewers) {
  viewer_count_ = static_cast<guint>(viewers);
  g_signal_emit_by_name(element_, "viewer-removed", session.c_str(), peer.c_str(), reason.c_str());
  post(gst_structure_new("rtc-viewer-removed", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), "reason", G_TYPE_STRING, reason.c_str(),
                         "viewers", G_TYPE_UINT, static_cast<guint>(viewers), nullptr));
}

void PublishingElement::post(GstStructure *structure) {
  gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), structure));
}

}  // namespace rtc
