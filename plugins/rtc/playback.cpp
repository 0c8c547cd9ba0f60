#include "playback.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "control/control_events.hpp"

namespace rtc {

namespace {

using std::chrono::nanoseconds;
using Kind = PlaybackRequest::Kind;

constexpr auto period = seconds(1);

Error refused(const char *message) { return {Error::Kind::refused, message, "control"}; }

Error no_timeline() {
  return refused("What is published here is live: it cannot be paused, sought or repeated.");
}

}  // namespace

Playback::Playback(GstElement *element, Hooks hooks)
    : element_(element), hooks_(std::move(hooks)) {}

void Playback::start(bool playback) {
  playback_ = playback;
  loop_.call([this] {
    rate_ = 1;
    position_ = nanoseconds(0);
    if (!playback_) return ticker_.cancel();
    ticker_ = loop_.every(period, [this] {
      if (hooks_.viewers() > 0) hooks_.tell(state());
    });
  });
}

// What was asked for before goes on, and fails in a pipeline that has stopped.
void Playback::stop() {
  loops_ = false;
  playback_ = false;
}

void Playback::perform(const std::string &session, const std::string &peer,
                       const PlaybackRequest &request, Answer answer) {
  if (!playback_) return answer("The publisher does not let its viewers control the playback.");
  const auto number = request.kind == Kind::seek ? ++last_seek_ : 0;
  loop_.post([=, this, answer = std::move(answer)] {
    // Of a slider that is moved only the last place counts.
    if (number && number != last_seek_) return answer({});
    perform_now(session, peer, request, answer);
  });
}

void Playback::perform_now(const std::string &session, const std::string &peer,
                           const PlaybackRequest &request, const Answer &answer) {
  const auto done = change(session, peer, request);
  answer(done ? std::optional<std::string>() : done.error().message);
  if (done) hooks_.tell(state());
}

Result<bool> Playback::change(const std::string &session, const std::string &peer,
                              const PlaybackRequest &request) {
  if (request.kind == Kind::next) {
    if (hooks_.next(session, peer)) return true;
    return refused("Nothing comes next here.");
  }
  if (!is_seekable()) return no_timeline();
  switch (request.kind) {
    case Kind::play:
      if (ended()) (void)seek(nanoseconds(0), rate_);
      hooks_.set_state(GST_STATE_PLAYING);
      return true;
    case Kind::pause:
      hooks_.set_state(GST_STATE_PAUSED);
      return true;
    case Kind::seek:
      return seek(request.position, rate_);
    case Kind::rate:
      return request.rate == rate_ ? Result<bool>(true) : seek(position(), request.rate);
    default:
      loops_ = request.loop;
      return true;
  }
}

Playback::Pads Playback::pads() const {
  auto pads = hooks_.pads();
  std::stable_partition(pads.begin(), pads.end(),
                        [](const auto &pad) { return pad->input()->kind() == MediaKind::video; });
  return pads;
}

Result<bool> Playback::seek(nanoseconds position, double rate) {
  const auto pads = this->pads();
  if (const auto length = duration()) position = std::min(position, *length);
  const bool encoded =
      std::any_of(pads.begin(), pads.end(), [](const auto &p) { return p->input()->is_encoded(); });
  const auto flags =
      GST_SEEK_FLAG_FLUSH |
      (encoded ? GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE : GST_SEEK_FLAG_ACCURATE);
  const auto event = adopt(gst_event_new_seek(
      rate, GST_FORMAT_TIME, GstSeekFlags(flags), GST_SEEK_TYPE_SET, position.count(),
      GST_SEEK_TYPE_SET, static_cast<gint64>(GST_CLOCK_TIME_NONE)));
  std::vector<unsigned> flushes;
  for (const auto &pad : pads) flushes.push_back(pad->flushes());
  bool done = false;
  for (size_t i = 0; i < pads.size(); i++) {
    // Where one source feeds several pads, the first of them has moved all of them.
    if (pads[i]->flushes() != flushes[i]) continue;
    done = gst_pad_push_event(pads[i]->ghost(), gst_event_ref(event.get())) || done;
  }
  if (!done) return refused("The recording cannot be played from there.");
  rate_ = rate;
  position_ = position;
  return true;
}

void Playback::begin_again() {
  loop_.post([this] {
    if (const auto done = seek(nanoseconds(0), rate_); !done) return hooks_.failed(done.error());
    hooks_.tell(state());
  });
}

bool Playback::is_seekable() const {
  const auto pads = this->pads();
  if (pads.empty() ||
      std::any_of(pads.begin(), pads.end(), [](const auto &pad) { return pad->live(); }))
    return false;
  const auto query = adopt(gst_query_new_seeking(GST_FORMAT_TIME));
  gboolean seekable = FALSE;
  if (gst_element_query(pads.front()->appsink(), query.get()))
    gst_query_parse_seeking(query.get(), nullptr, &seekable, nullptr, nullptr);
  return seekable;
}

bool Playback::ended() const {
  const auto pads = this->pads();
  return !pads.empty() &&
         std::all_of(pads.begin(), pads.end(), [](const auto &pad) { return pad->ended(); });
}

nanoseconds Playback::position() const {
  const auto pads = this->pads();
  gint64 position = 0;
  if (pads.empty() ||
      !gst_element_query_position(pads.front()->appsink(), GST_FORMAT_TIME, &position))
    return position_;
  return nanoseconds(std::max<gint64>(position, 0));
}

std::optional<nanoseconds> Playback::duration() const {
  const auto pads = this->pads();
  gint64 duration = 0;
  if (pads.empty() ||
      !gst_element_query_duration(pads.front()->appsink(), GST_FORMAT_TIME, &duration) ||
      duration < 0)
    return {};
  return nanoseconds(duration);
}

PlaybackState Playback::state() const {
  PlaybackState state;
  state.seekable = playback_ && is_seekable();
  state.playing = GST_STATE_TARGET(element_) == GST_STATE_PLAYING;
  state.loop = loops_;
  state.rate = rate_;
  // A sink that waits for the first picture after a seek does not know its place yet.
  state.position = GST_STATE_PENDING(element_) == GST_STATE_VOID_PENDING ? position() : position_;
  state.duration = duration();
  return state;
}

void Playback::changed() {
  loop_.post([this] { hooks_.tell(state()); });
}

void Playback::send(const ControlRequest &request, const std::vector<ControlTarget> &targets,
                    Answer answer) {
  loop_.post([=, this, answer = std::move(answer)] {
    const auto sent = send_now(request, targets);
    answer(sent ? std::optional<std::string>() : sent.error().message);
  });
}

Result<bool> Playback::send_now(const ControlRequest &request,
                                const std::vector<ControlTarget> &targets) {
  const auto *navigation = std::get_if<NavigationInput>(&request.what);
  bool taken = false;
  for (const auto &pad : hooks_.pads()) {
    const auto target = std::find_if(targets.begin(), targets.end(), [&](const auto &t) {
      return t.pad == GST_PAD_NAME(pad->ghost());
    });
    if (target == targets.end() || (navigation && !target->video)) continue;
    Ref<GstEvent> event;
    if (navigation) {
      auto input = *navigation;
      input.x *= target->scale_x;
      input.y *= target->scale_y;
      event = to_event(input);
    } else {
      auto made = to_event(std::get<CustomInput>(request.what));
      if (!made) return made.error();
      event = *made;
    }
    taken = (event && gst_pad_push_event(pad->ghost(), event.release())) || taken;
  }
  if (taken) return true;
  return refused("The source of the publisher's pipeline does not take this event.");
}

}  // namespace rtc
