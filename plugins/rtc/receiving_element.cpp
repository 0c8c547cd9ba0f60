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
  std::optional<Error> error;
  loop_->call([&] {
    receiver_ = std::make_shared<Receiver>(*loop_, *configured, *this, reaper_);
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
  std::vector<std::shared_ptr<SourcePad>> pads;
  std::vector<std::shared_ptr<DataSourcePad>> data_pads;
  {
    std::lock_guard lock(mutex_);
    pads = std::exchange(pads_, {});
    data_pads = std::exchange(data_pads_, {});
    all_pads_announced_ = false;
    url_.clear();
  }
  // First the pads: a push that is blocked downstream must not keep the loop waiting.
  for (const auto &pad : pads) gst_pad_set_active(pad->pad(), FALSE);
  for (const auto &pad : data_pads) gst_pad_set_active(pad->pad(), FALSE);
  loop_->call([&] {
    for (const auto &pad : pads) pad->stop();
    receiver_.reset();
  });
  for (const auto &pad : pads) gst_element_remove_pad(element_, pad->pad());
  for (const auto &pad : data_pads) gst_element_remove_pad(element_, pad->pad());
}

void ReceivingElement::finish() {
  if (!loop_) return;
  loop_->post([this] {
    if (receiver_) receiver_->leave();
  });
}

std::shared_ptr<SourcePad> ReceivingElement::find_pad(MediaKind kind, unsigned index) {
  const auto name = format("%s_%u", to_string(kind), index);
  std::lock_guard lock(mutex_);
  for (const auto &pad : pads_)
    if (name == GST_PAD_NAME(pad->pad())) return pad;
  return nullptr;
}

void ReceivingElement::add_pad(MediaKind kind, unsigned index) {
  auto *klass = GST_ELEMENT_GET_CLASS(element_);
  auto *pad_template =
      gst_element_class_get_pad_template(klass, kind == MediaKind::video ? "video_%u" : "audio_%u");
  SourcePad::Hooks hooks;
  hooks.failed = [this](const Error &error) { post_error(element_, error); };
  hooks.post = [this](std::function<void()> task) { loop_->post(std::move(task)); };
  hooks.dispose = [reaper = reaper_](std::function<void()> task) { reaper->reap(std::move(task)); };
  const auto name = format("%s_%u", to_string(kind), index);
  auto pad = SourcePad::create(pad_template, name.c_str(), kind,
                               milliseconds(settings.copy().latency), std::move(hooks));
  {
    std::lock_guard lock(mutex_);
    pads_.push_back(pad);
  }
  gst_element_add_pad(element_, pad->pad());
}

void ReceivingElement::tracks_changed(const std::vector<Receiver::Track> &tracks,
                                      const std::vector<std::string> &channels) {
  for (const auto &track : tracks)
    if (!find_pad(track.kind, track.index)) add_pad(track.kind, track.index);
  for (const auto &label : channels) (void)data_pad(label);
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = !std::exchange(all_pads_announced_, true);
  }
  if (first) gst_element_no_more_pads(element_);
}

void ReceivingElement::track_media(const Receiver::Track &track, GstElement *pipeline,
                                   const Ref<GstPad> &pad, GstClockTime base_time) {
  if (const auto ours = find_pad(track.kind, track.index))
    ours->attach(*track.codec, pipeline, pad,
                 GST_CLOCK_DIFF(gst_element_get_base_time(element_), base_time));
}

void ReceivingElement::session_ended(const std::string &session, const std::string &reason,
                                     bool final) {
  std::vector<std::shared_ptr<SourcePad>> pads;
  std::vector<std::shared_ptr<DataSourcePad>> data_pads;
  {
    std::lock_guard lock(mutex_);
    pads = pads_;
    data_pads = data_pads_;
  }
  for (const auto &pad : pads) {
    pad->detach();
    if (final) pad->end();
  }
  for (const auto &pad : data_pads)
    if (final) pad->end();
  post(gst_structure_new("rtc-stream-ended", "session", G_TYPE_STRING, session.c_str(), "reason",
                         G_TYPE_STRING, reason.c_str(), "final", G_TYPE_BOOLEAN, final, nullptr));
  // Nothing will ever come, and no pad can say so.
  if (final && pads.empty() && data_pads.empty())
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
