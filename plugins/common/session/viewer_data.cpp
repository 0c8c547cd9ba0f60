// How a Viewer gets what data pads send, and what it sends itself.
#include <algorithm>

#include "session/viewer.hpp"

namespace rtc {

namespace {
// A message goes without its frame rather than to wait longer for it.
constexpr auto patience = seconds(1);
}  // namespace

std::shared_ptr<SessionChannels> Viewer::make_session_channels() {
  SessionChannels::Hooks hooks;
  hooks.unread = [weak = weak_from_this()](const std::shared_ptr<DataChannel> &channel) {
    const auto self = weak.lock();
    if (!self) return false;
    // gstwebrtc-api opens one of its own where it makes the offer.
    if (self->may_control_ && channel->label() == control_label) return true;
    return self->listener_.viewer_channel(*self, channel);
  };
  hooks.refused = [weak = weak_from_this()](const Error &error) {
    if (const auto self = weak.lock()) self->listener_.viewer_refused_track(*self, error);
  };
  hooks.frame_finder = [weak = weak_from_this()](const std::string &pad,
                                                 std::chrono::nanoseconds time, Duration waited) {
    const auto self = weak.lock();
    return self ? self->answer(pad, time, waited) : FrameAnswer();
  };
  return SessionChannels::create(loop_, session_, id(), std::move(hooks));
}

bool Viewer::make_channel(const std::shared_ptr<DataFeed> &feed) {
  if (!feed->is_for(peer_, id()) || !channels_->make(feed)) return false;
  keep_times();
  return true;
}

void Viewer::keep_times() {
  for (const auto &track : tracks_)
    if (track->codec && std::any_of(feeds_.begin(), feeds_.end(), [&](const auto &feed) {
          return feed->sync_to() == track->input->pad();
        }))
      track->outlet->keep_times();
}

FrameAnswer Viewer::answer(const std::string &pad, std::chrono::nanoseconds time,
                           Duration waited) const {
  const auto found = std::find_if(tracks_.begin(), tracks_.end(),
                                  [&](const auto &track) { return track->input->pad() == pad; });
  if (found == tracks_.end() || !(*found)->codec || paused_) return {};
  const auto &track = **found;
  const auto moment = track.outlet->moment(time);
  // What is read from a file may be ahead of its time.
  const bool late = waited > patience && session_->running_time() > time + patience;
  if (!moment.passed && !late) return {true, {}};
  if (!moment.timestamp) return {};
  return {false, FrameReference{mid_of(track.sink_pad.get()), *moment.timestamp}};
}

void Viewer::frame_left(const std::string &pad) {
  for (const auto &feed : feeds_)
    if (feed->sync_to() == pad) feed->frame_left(id());
}

void Viewer::make_channels() {
  for (const auto &feed : feeds_) (void)make_channel(feed);
  if (accepts_data_) channels_->make_room();
}

void Viewer::add_feed(const std::shared_ptr<DataFeed> &feed) {
  feeds_.push_back(feed);
  // The first one needs a section of its own in the description.
  const bool first = channels_->empty();
  if (make_channel(feed) && first) session_->negotiate();
}

void Viewer::remove_feed(const std::shared_ptr<DataFeed> &feed) {
  std::erase(feeds_, feed);
  channels_->remove(feed);
}

bool Viewer::is_served() const {
  if (received_ && !received_->list().empty()) return true;
  return !channels_->empty() || may_bring_data_ ||
         std::any_of(tracks_.begin(), tracks_.end(),
                     [](const auto &track) { return track->codec; });
}

}  // namespace rtc
