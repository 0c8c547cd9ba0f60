#include "receiving_element.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "element_error.hpp"
#include "path_message.hpp"

namespace rtc {

namespace {
constexpr auto stop_deadline = seconds(10);
}

ReceivingElement::~ReceivingElement() {
  stop();
  // The threads of sessions call back into this object until they have ended.
  reaper_->wait(stop_deadline);
}

Result<ReceiverSettings> ReceivingElement::receiver_settings() const {
  const auto s = settings.copy();
  const auto video = parse_codec_names(split(s.video_codecs, ','), MediaKind::video);
  if (!video) return video.error();
  const auto audio = parse_codec_names(split(s.audio_codecs, ','), MediaKind::audio);
  if (!audio) return audio.error();
  ReceiverSettings result;
  result.connection = s;
  result.stream = s.stream;
  result.peer_id = s.peer_id;
  result.video_codecs = *video;
  result.audio_codecs = *audio;
  result.latency = s.latency;
  result.max_bitrate = s.max_bitrate;
  result.wait_for_return = s.wait_for_return;
  return result;
}

bool ReceivingElement::start() {
  const auto configured = receiver_settings();
  if (!configured) {
    post_error(element_, configured.error());
    return false;
  }
  if (!loop_) loop_.emplace("rtcsrc");
  control_ = make_control();
  const auto feeds = data_sinks_.start();
  if (!feeds) {
    post_error(element_, feeds.error());
    return false;
  }
  std::optional<Error> error;
  loop_->call([&] {
    receiver_ = std::make_shared<Receiver>(*loop_, *configured, *this, reaper_);
    for (const auto &feed : *feeds) receiver_->add_feed(feed);
    if (const auto started = receiver_->start(); !started) {
      error = started.error();
      receiver_.reset();
    }
  });
  if (error) post_error(element_, *error);
  return !error;
}

void ReceivingElement::play() {
  const auto clock = adopt(gst_element_get_clock(element_));
  if (!clock) return;
  loop_->post([this, clock, base_time = gst_element_get_base_time(element_)] {
    if (receiver_) receiver_->play(clock, base_time);
  });
}

void ReceivingElement::stop() {
  if (!loop_) return;
  data_sinks_.stop();
  {
    std::lock_guard lock(mutex_);
    all_pads_announced_ = false;
    url_.clear();
  }
  // First the pads: a push that is blocked downstream must not keep the loop waiting.
  pads_.deactivate();
  data_sources_.deactivate();
  loop_->call([&] {
    pads_.stop();
    receiver_.reset();
    if (control_) control_->detach();
  });
  pads_.remove();
  data_sources_.deactivate();  // those that came in the meantime
  data_sources_.clear();
  data_sinks_.rewind();
}

void ReceivingElement::finish() {
  if (!loop_) return;
  loop_->post([this] {
    if (receiver_) receiver_->leave();
  });
}

void ReceivingElement::tracks_changed(const std::vector<Receiver::Track> &tracks,
                                      const std::vector<std::string> &channels) {
  SourcePad::Hooks hooks;
  hooks.post = [this](std::function<void()> task) { loop_->post(std::move(task)); };
  hooks.dispose = [reaper = reaper_](std::function<void()> task) { reaper->reap(std::move(task)); };
  hooks.control = control_;
  pads_.add(tracks, milliseconds(settings.copy().latency), hooks);
  for (const auto &label : channels)
    if (wants_label(label)) data_sources_.announce(publisher_key, label);
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = !std::exchange(all_pads_announced_, true);
  }
  if (first) gst_element_no_more_pads(element_);
}

void ReceivingElement::track_media(const Receiver::Track &track, GstElement *pipeline,
                                   const Ref<GstPad> &pad, GstClockTime base_time) {
  pads_.attach(track, pipeline, pad, base_time);
}

void ReceivingElement::session_ended(const std::string &session, const std::string &reason,
                                     bool final) {
  pads_.detach(final);
  if (final) data_sources_.end();
  post(gst_structure_new("rtc-stream-ended", "session", G_TYPE_STRING, session.c_str(), "reason",
                         G_TYPE_STRING, reason.c_str(), "final", G_TYPE_BOOLEAN, final, nullptr));
  // Nothing will ever come, and no pad can say so.
  if (final && pads_.empty() && data_sources_.empty())
    receiver_failed({Error::Kind::not_found,
                     "The stream ended before any media came: " + reason + ".", reason});
}

void ReceivingElement::receiver_ready(const std::string &url) {
  {
    std::lock_guard lock(mutex_);
    url_ = url;
  }
  post(gst_structure_new("rtc-ready", "url", G_TYPE_STRING, url.c_str(), nullptr));
}

void ReceivingElement::receiver_lost(const Error &error) {
  post(gst_structure_new("rtc-signaling-lost", "reason", G_TYPE_STRING, error.message.c_str(),
                         nullptr));
}

void ReceivingElement::receiver_failed(const Error &error) { post_error(element_, error); }

void ReceivingElement::session_started(const std::string &session, const std::string &peer,
                                       GstElement *webrtcbin, bool heals) {
  g_signal_emit_by_name(element_, "session-started", session.c_str(), peer.c_str(), webrtcbin);
  if (heals) return;
  post(gst_structure_new("rtc-stream-started", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), nullptr));
}

void ReceivingElement::receiver_warns(const Error &error) { post_warning(element_, error); }

void ReceivingElement::healing(const std::string &session, const std::string &reason) {
  post(healing_message(session, reason));
}

void ReceivingElement::healed(const std::string &session, milliseconds gap) {
  post(healed_message(session, gap));
}

void ReceivingElement::path_changed(const std::string &session, const SelectedPair &path) {
  post(path_message(session, path));
}

void ReceivingElement::post(GstStructure *structure) {
  gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), structure));
}

std::string ReceivingElement::url() const {
  std::lock_guard lock(mutex_);
  return url_;
}

StructurePtr ReceivingElement::stats() {
  return stats_reader_.read(loop_ ? &*loop_ : nullptr, [this](auto done) {
    if (receiver_) receiver_->get_stats(std::move(done));
  });
}

}  // namespace rtc
