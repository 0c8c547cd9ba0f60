#include "control/remote_control.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "control/control_events.hpp"

namespace rtc {

namespace {
using Kind = PlaybackRequest::Kind;
using std::chrono::nanoseconds;
// Of requests whose answer did not come.
constexpr size_t most_asked = 256;
}  // namespace

RemoteControl::RemoteControl(milliseconds latency, Hooks hooks)
    : latency_(latency), hooks_(std::move(hooks)) {}

void RemoteControl::attach(const std::shared_ptr<DataChannel> &channel) {
  channel_ = channel;
  {
    std::lock_guard lock(mutex_);
    open_ = true;
    asked_.clear();
  }
  DataChannel::Reader reader;
  const std::weak_ptr weak_channel(channel);
  reader.message =
      if_alive(weak_from_this(), [weak_channel](RemoteControl &self, const DataMessage &message) {
        if (self.channel_ == weak_channel.lock()) self.heard(message);
      });
  reader.closed =
      if_alive(weak_from_this(), [weak_channel](RemoteControl &self, const std::string &) {
        if (self.channel_ == weak_channel.lock()) self.detach();
      });
  channel->read(std::move(reader));
}

void RemoteControl::detach() {
  channel_.reset();
  std::lock_guard lock(mutex_);
  open_ = false;
}

RemotePlayback::Time RemoteControl::now() const {
  const auto time = hooks_.running_time();
  return nanoseconds(GST_CLOCK_TIME_IS_VALID(time) ? static_cast<int64_t>(time) : 0);
}

void RemoteControl::heard(const DataMessage &message) {
  const auto read = read_control_message(message.view());
  if (!read) {
    RTC_INFO("%s", read.error().message.c_str());
  } else if (const auto *response = std::get_if<ControlResponse>(&*read)) {
    bool asked = false;
    {
      std::lock_guard lock(mutex_);
      asked = asked_.erase(response->id);
    }
    if (asked && response->error)
      hooks_.refused(
          {Error::Kind::refused, "The publisher refused: " + *response->error, "control request"});
  } else if (const auto *state = std::get_if<PlaybackState>(&*read)) {
    const auto now = this->now();
    bool changed = false;
    {
      std::lock_guard lock(mutex_);
      const auto before = playback_.state();
      changed = playback_.told(*state, now, latency_) || !before ||
                before->duration != state->duration || before->loop != state->loop;
      if (changed) version_++;
    }
    if (changed) hooks_.changed(*state);
  }
}

bool RemoteControl::send(decltype(ControlRequest::what) what, const std::string &mid) {
  ControlRequest request{0, mid, std::move(what)};
  {
    std::lock_guard lock(mutex_);
    if (!open_) return false;
    request.id = next_id_++;
    if (std::holds_alternative<PlaybackRequest>(request.what)) {
      asked_.insert(request.id);
      if (asked_.size() > most_asked) asked_.erase(asked_.begin());
    }
  }
  hooks_.post(if_alive(weak_from_this(), [text = write(request)](RemoteControl &self) {
    if (!self.channel_) return;
    if (const auto sent = self.channel_->send_text(text); !sent)
      RTC_INFO("%s", sent.error().message.c_str());
  }));
  return true;
}

bool RemoteControl::handle_event(GstEvent *event, const std::string &mid) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEEK) return seek(event);
  if (gst_event_has_name(event, "rtc-playback")) return perform(event);
  if (GST_EVENT_TYPE(event) != GST_EVENT_NAVIGATION) return false;
  auto input = navigation_of(event);
  return input && send(std::move(*input), mid);
}

bool RemoteControl::seek(GstEvent *event) {
  gdouble rate = 1;
  GstFormat format = GST_FORMAT_UNDEFINED;
  GstSeekFlags flags = GST_SEEK_FLAG_NONE;
  GstSeekType type = GST_SEEK_TYPE_NONE;
  gint64 position = 0;
  gst_event_parse_seek(event, &rate, &format, &flags, &type, &position, nullptr, nullptr);
  if (format != GST_FORMAT_TIME || (flags & GST_SEEK_FLAG_SEGMENT) || rate < lowest_playback_rate ||
      rate > highest_playback_rate || (type == GST_SEEK_TYPE_SET && position < 0) ||
      type == GST_SEEK_TYPE_END)
    return false;
  bool other_rate = false;
  {
    std::lock_guard lock(mutex_);
    if (!open_ || !playback_.seekable()) return false;
    // A pipeline sends the same event up every branch.
    if (std::exchange(last_seek_, gst_event_get_seqnum(event)) == gst_event_get_seqnum(event))
      return true;
    // What was asked for last may not have been told yet.
    const bool asked_for_another = std::exchange(asked_rate_, rate) != rate;
    other_rate = asked_for_another || playback_.state()->rate != rate;
  }
  if (other_rate) send(PlaybackRequest{Kind::rate, nanoseconds(0), rate}, "");
  if (type == GST_SEEK_TYPE_SET) send(PlaybackRequest{Kind::seek, nanoseconds(position)}, "");
  if (flags & GST_SEEK_FLAG_FLUSH) hooks_.flush();
  return true;
}

bool RemoteControl::perform(GstEvent *event) {
  const auto *structure = gst_event_get_structure(event);
  const char *name = gst_structure_get_string(structure, "request");
  const std::string_view request = name ? name : "";
  gboolean loop = FALSE;
  if (request == "play") return send(PlaybackRequest{Kind::play}, "");
  if (request == "pause") return send(PlaybackRequest{Kind::pause}, "");
  if (request == "next") return send(PlaybackRequest{Kind::next}, "");
  if (request == "loop" && gst_structure_get_boolean(structure, "loop", &loop))
    return send(PlaybackRequest{Kind::loop, nanoseconds(0), 1, bool(loop)}, "");
  return false;
}

bool RemoteControl::handle_query(GstQuery *query) {
  const auto now = this->now();
  std::lock_guard lock(mutex_);
  const auto &state = playback_.state();
  if (!open_ || !state || !state->seekable) return false;
  GstFormat format = GST_FORMAT_UNDEFINED;
  const auto length = state->duration ? state->duration->count() : -1;
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_POSITION:
      gst_query_parse_position(query, &format, nullptr);
      if (format != GST_FORMAT_TIME || !playback_.timeline()) return false;
      gst_query_set_position(query, format, playback_.position(now).count());
      return true;
    case GST_QUERY_DURATION:
      gst_query_parse_duration(query, &format, nullptr);
      if (format != GST_FORMAT_TIME || length < 0) return false;
      gst_query_set_duration(query, format, length);
      return true;
    case GST_QUERY_SEEKING:
      gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
      if (format != GST_FORMAT_TIME) return false;
      gst_query_set_seeking(query, format, TRUE, 0, length);
      return true;
    default:
      return false;
  }
}

RemoteControl::Mapping RemoteControl::mapping() const {
  std::lock_guard lock(mutex_);
  return {version_, playback_.timeline()};
}

}  // namespace rtc
