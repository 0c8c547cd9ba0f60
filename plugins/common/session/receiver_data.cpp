// What a Receiver sends to its publisher, and the channels that it gets.
#include <algorithm>

#include "session/receiver.hpp"

namespace rtc {

void Receiver::add_feed(const std::shared_ptr<DataFeed> &feed) {
  feeds_.push_back(feed);
  if (current_) join(feed, *current_, peer_);
  if (next_) join(feed, *next_, next_peer_);
}

void Receiver::join(const std::shared_ptr<DataFeed> &feed, Reception &reception,
                    const PeerId &peer) {
  if (feed->is_for(peer, reception.id())) reception.channels().join(feed);
}

void Receiver::remove_feed(const std::shared_ptr<DataFeed> &feed) {
  std::erase(feeds_, feed);
  for (const auto &reception : {current_, next_})
    if (reception) reception->channels().remove(feed);
}

void Receiver::give_up_replacement(const std::string &reason) {
  const bool there = bool(next_);
  close(next_, reason);
  if (there && current_) current_->channels().resume();
}

bool Receiver::reception_channel(Reception &reception,
                                 const std::shared_ptr<DataChannel> &channel) {
  // With tracks, their media decides which session goes on.
  if (&reception == next_.get() && reception.tracks().empty()) take_over();
  if (&reception == current_.get()) return events_.channel_opened(peer_, channel);
  return &reception == next_.get() && events_.channel_opened(next_peer_, channel);
}

}  // namespace rtc
