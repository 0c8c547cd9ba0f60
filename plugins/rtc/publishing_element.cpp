#include "publishing_element.hpp"

#include <gst/video/video.h>

#include <algorithm>

#include "base/text.hpp"
#include "element_error.hpp"

namespace rtc {

namespace {
constexpr auto stop_deadline = seconds(10);
}

PublishingElement::~PublishingElement() {
  stop();
  playback_.reset();
  pads_.clear();
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
      for (const auto &p : pads())
        if (publisher_ && p->input()->pad() == pad)
          publisher_->encoding_failed(p->input(), choice, error);
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

const std::shared_ptr<WorkerPool> &PublishingElement::pool() {
  if (!pool_)
    pool_ = std::make_shared<WorkerPool>(
        std::min(2u, std::max(1u, std::thread::hardware_concurrency())));
  return pool_;
}

GstPad *PublishingElement::request_new_pad(GstPadTemplate *pad_template, const char *name) {
  const std::string_view kind_name = GST_PAD_TEMPLATE_NAME_TEMPLATE(pad_template);
  if (kind_name.starts_with("data")) return data_sinks_.request(pad_template, name);
  if (GST_STATE(element_) > GST_STATE_READY && !settings.copy().playback_uri.empty()) {
    post_warning(element_, no_pads_error());
    return nullptr;
  }
  const bool video = kind_name.starts_with("video");
  const auto kind = video ? MediaKind::video : MediaKind::audio;
  const auto pad_name = this->pad_name(to_string(kind), name, video ? next_video_ : next_audio_);
  if (pad_name.empty()) return nullptr;
  auto input = std::make_shared<Input>(loop(), kind, pad_name, hooks(pad_name), pool(), reaper_);
  auto pad = std::make_shared<SinkPad>(GST_BIN(element_), pad_template, pad_name.c_str(), input);
  if (const auto prepared = prepare(*pad); !prepared) post_error(element_, prepared.error());
  pad->on_end([this] { inputs_ended(); });
  pad->on_hold([this] { return playback_ && playback_->loops(); });
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
  if (data_sinks_.release(ghost)) return;
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
  result.protection = s.protection;
  result.accept_data = s.accept_data;
  result.viewers_control = s.control != ViewerControl::none;
  result.max_showings = s.playback_uri.empty() ? 0 : s.max_private;
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
  if (const auto checked = check_private(); !checked) {
    post_error(element_, checked.error());
    return false;
  }
  (void)loop();
  const auto feeds = data_sinks_.start(configured->viewers_control ? control_label : "");
  if (!feeds) {
    post_error(element_, feeds.error());
    return false;
  }
  if (configured->viewers_control)
    playback().start(settings.copy().control == ViewerControl::playback);
  std::vector<std::shared_ptr<Input>> inputs;
  for (const auto &pad : pads()) {
    const auto renditions = parse_renditions(pad->renditions());
    if (!renditions) {
      post_error(element_, renditions.error());
      return false;
    }
    if (const auto prepared = prepare(*pad); !prepared) {
      post_error(element_, prepared.error());
      return false;
    }
    inputs.push_back(pad->input());
  }
  std::optional<Error> error;
  loop_->call([&] {
    for (const auto &input : inputs) input->configure(configured->encoding);
    publisher_ = make_publisher(*configured);
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
  if (playback_) playback_->stop();
  data_sinks_.stop();
  data_sources_.deactivate();
  loop_->call([&] {
    publisher_.reset();
    sessions_.clear();
    for (const auto &pad : pads()) pad->input()->rewind();
  });
  data_sources_.deactivate();  // those that came in the meantime
  data_sources_.clear();
  data_sinks_.rewind();
  std::lock_guard lock(mutex_);
  epoch_ = GST_CLOCK_TIME_NONE;
  url_.clear();
  for (const auto &pad : pads_) pad->rewind();
}

void PublishingElement::inputs_ended() {
  bool held = false;
  for (const auto &pad : pads()) {
    if (!pad->ended()) return;
    held = held || pad->held();
  }
  if (held) return playback_->begin_again();
  if (!data_sinks_.ended() || !settings.copy().playback_uri.empty()) return;
  loop_->call([this] {
    if (publisher_) publisher_->finish();
  });
}

bool PublishingElement::is_running() {
  bool running = false;
  if (loop_) loop_->call([&] { running = bool(publisher_); });
  return running;
}

void PublishingElement::end_inputs() {
  for (const auto &pad : pads()) pad->refuse();
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
      error = Error{Error::Kind::not_found, "There is nobody before the element has started.",
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

}  // namespace rtc
