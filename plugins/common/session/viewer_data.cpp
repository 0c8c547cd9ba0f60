// How a Viewer gets what data pads send.
#include <algorithm>

#include "session/viewer.hpp"

namespace rtc {

bool Viewer::make_channel(const std::shared_ptr<DataFeed> &feed) {
  const auto made = session_->create_channel(feed->channel());
  if (!made) {
    listener_.viewer_refused_track(*this, made.error());
    return false;
  }
  channels_.push_back({feed, *made});
  feed->add(id(), *made);
  return true;
}

void Viewer::add_feed(const std::shared_ptr<DataFeed> &feed) {
  feeds_.push_back(feed);
  // The first one needs a section of its own in the description.
  const bool first = channels_.empty();
  if (make_channel(feed) && first) session_->negotiate();
}

void Viewer::remove_feed(const std::shared_ptr<DataFeed> &feed) {
  std::erase(feeds_, feed);
  for (const auto &[owner, channel] : channels_) {
    if (owner != feed) continue;
    feed->detach(id(), channel);
    channel->close();
  }
  std::erase_if(channels_, [&](const auto &entry) { return entry.feed == feed; });
}

// The viewer has no use for data channels.
void Viewer::refuse_data() {
  for (const auto &[feed, channel] : channels_) feed->detach(id(), channel);
  channels_.clear();
}

bool Viewer::is_served() const {
  return !channels_.empty() || std::any_of(tracks_.begin(), tracks_.end(),
                                           [](const auto &track) { return track->codec; });
}

}  // namespace rtc
