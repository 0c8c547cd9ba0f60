#include "session/session_channels.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rtc {

namespace {
// A publisher that does not announce its channels opens them right after it is connected.
constexpr auto settling_time = milliseconds(300);
// Nothing is sent over it: that it is there gives an offer of webrtcbin its section for data.
constexpr int id_of_room = 1023;

Error label_taken(const DataFeed &feed) {
  return {
      Error::Kind::settings,
      format("%s: the other side has a data channel \"%s\" already, and a stream, or what is in "
             "step with frames, needs one of its own; give the pad another label.",
             feed.pad().c_str(), feed.channel().label.c_str()),
      "label taken"};
}
}  // namespace

std::shared_ptr<SessionChannels> SessionChannels::create(EventLoop &loop,
                                                         const std::shared_ptr<Session> &session,
                                                         std::string key, Hooks hooks) {
  return std::shared_ptr<SessionChannels>(
      new SessionChannels(loop, session, std::move(key), std::move(hooks)));
}

SessionChannels::SessionChannels(EventLoop &loop, const std::shared_ptr<Session> &session,
                                 std::string key, Hooks hooks)
    : loop_(loop), session_(session), key_(std::move(key)), hooks_(std::move(hooks)) {}

bool SessionChannels::make(const std::shared_ptr<DataFeed> &feed) {
  const auto session = session_.lock();
  if (!session) return false;
  const auto made = session->create_channel(feed->channel());
  if (!made) {
    hooks_.refused(made.error());
    return false;
  }
  pair(feed, *made, true);
  return true;
}

void SessionChannels::pair(const std::shared_ptr<DataFeed> &feed,
                           const std::shared_ptr<DataChannel> &channel, bool ours) {
  pairs_.push_back({feed, channel, ours});
  feed->add(key_, channel, ours, hooks_.frame_finder);
  // A stream hears its own acknowledgements.
  if (!ours || feed->is_stream()) return;
  channel->on_unread([weak = weak_from_this(), weak_channel = std::weak_ptr(channel)] {
    const auto self = weak.lock();
    const auto unread = weak_channel.lock();
    if (self && unread) self->unread(unread);
  });
}

void SessionChannels::unread(const std::shared_ptr<DataChannel> &channel) {
  std::erase_if(read_, [](const auto &weak) { return weak.expired(); });
  read_.push_back(channel);
  if (hooks_.unread(channel)) return;
  if (is_written(channel))
    channel->read({[](const DataMessage &) {}, [](const std::string &) {}});
  else
    channel->close();
}

bool SessionChannels::is_written(const std::shared_ptr<DataChannel> &channel) const {
  return std::any_of(pairs_.begin(), pairs_.end(),
                     [&](const auto &pair) { return pair.channel == channel; });
}

void SessionChannels::join(const std::shared_ptr<DataFeed> &feed) {
  joining_.push_back(feed);
  find_channels();
}

void SessionChannels::find_channels() {
  if (!described_) return;
  if (!has_data_) {
    if (!joining_.empty() && !std::exchange(told_, true))
      hooks_.refused({Error::Kind::refused,
                      "The other side takes no data: its offer has no section for it. At rtcsink "
                      "set accept-data=true, or request a data pad.",
                      "no application section"});
    return;
  }
  // Feeds that found theirs, or cannot.
  for (const auto &feed : std::vector(joining_))
    if (find_channel(feed)) std::erase(joining_, feed);
}

std::shared_ptr<DataChannel> SessionChannels::open_one(const std::string &label) const {
  for (const auto &weak : theirs_)
    if (const auto channel = weak.lock(); channel && channel->is_open())
      if (channel->label() == label) return channel;
  return nullptr;
}

bool SessionChannels::find_channel(const std::shared_ptr<DataFeed> &feed) {
  const auto init = feed->channel();
  const bool announced =
      std::find(announced_.begin(), announced_.end(), init.label) != announced_.end();
  const auto theirs = init.negotiated ? nullptr : open_one(init.label);
  if ((theirs && (theirs->is_stream() || theirs->is_timed() || feed->is_stream())) ||
      (announced && feed->is_stream() && !init.negotiated)) {
    hooks_.refused(label_taken(*feed));
    return true;
  }
  if (theirs) {
    pair(feed, theirs, false);
    return true;
  }
  if (!init.negotiated && (announced || !settled_)) return false;
  (void)make(feed);
  return true;
}

void SessionChannels::make_negotiated() {
  for (const auto &feed : std::vector(joining_))
    if (feed->channel().negotiated) {
      std::erase(joining_, feed);
      (void)make(feed);
    }
}

void SessionChannels::described(bool has_data, const std::vector<std::string> &announced) {
  described_ = true;
  has_data_ = has_data;
  announced_ = announced;
  settled_ |= !announced_.empty();
  find_channels();
}

void SessionChannels::connected() {
  if (settled_ || settling_.active()) return;
  settling_ = loop_.after(settling_time, if_alive(weak_from_this(), [](SessionChannels &self) {
                            self.settled_ = true;
                            self.find_channels();
                          }));
}

void SessionChannels::added(const std::shared_ptr<DataChannel> &channel) {
  std::erase_if(theirs_, [](const auto &weak) { return weak.expired(); });
  theirs_.push_back(channel);
  find_channels();
  unread(channel);
}

void SessionChannels::remove(const std::shared_ptr<DataFeed> &feed) {
  std::erase(joining_, feed);
  for (const auto &[owner, channel, ours] : std::vector(pairs_)) {
    if (owner != feed) continue;
    feed->detach(key_, channel);
    if (ours) channel->close();
  }
  std::erase_if(pairs_, [&](const auto &pair) { return pair.feed == feed; });
}

void SessionChannels::make_room() {
  const auto session = session_.lock();
  if (!session || !empty()) return;
  DataChannelInit init;
  init.negotiated = true;
  init.id = id_of_room;
  const auto made = session->create_channel(init);
  if (made)
    room_ = *made;
  else
    hooks_.refused(made.error());
}

void SessionChannels::resume() {
  for (const auto &weak : std::exchange(read_, {}))
    if (const auto channel = weak.lock(); channel && channel->is_open()) unread(channel);
  for (const auto &[feed, channel, ours] : std::vector(pairs_))
    if (channel->is_open()) feed->add(key_, channel, ours, hooks_.frame_finder);
}

void SessionChannels::refuse() {
  for (const auto &[feed, channel, ours] : pairs_) feed->detach(key_, channel);
  pairs_.clear();
  room_ = nullptr;
}

void SessionChannels::close() {
  settling_.cancel();
  for (const auto &[feed, channel, ours] : pairs_) feed->detach(key_, channel);
}

}  // namespace rtc
