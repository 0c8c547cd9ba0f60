// The data channels of one session: which feed writes into which of them, and which bring something
// to read. A channel belongs to both sides, whoever made it, so a feed whose label the other side
// has given to a channel of its own uses that one.
//
// Threads: the event loop. The owner of the session owns this, too.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/data_feed.hpp"
#include "session/session.hpp"

namespace rtc {

// What feeds know a publisher by, of whom there is one at a time.
constexpr const char *publisher_key = "publisher";

class SessionChannels : public std::enable_shared_from_this<SessionChannels> {
 public:
  struct Hooks {
    // Something comes, or may come, over a channel that nobody reads: one that the other side made,
    // as soon as it is open, one of ours with its first message. False: nobody wants it.
    std::function<bool(const std::shared_ptr<DataChannel> &)> unread;
    // Which frames messages belong to; may be empty.
    FrameFinder frame_finder;
    // A feed cannot send; the other ones go on.
    std::function<void(const Error &)> refused;
  };

  // `key`: what the feeds know the other side by.
  static std::shared_ptr<SessionChannels> create(EventLoop &loop,
                                                 const std::shared_ptr<Session> &session,
                                                 std::string key, Hooks hooks);

  // Makes a channel for it, before our offer; false: refused.
  bool make(const std::shared_ptr<DataFeed> &feed);
  // Gives it the other side's channel with its label, when there is one, else makes one: after the
  // other side's offer.
  void join(const std::shared_ptr<DataFeed> &feed);
  // It sends no more; a channel of ours is closed.
  void remove(const std::shared_ptr<DataFeed> &feed);
  // Makes room for the channels of the other side in our offer, where we have none.
  void make_room();

  // Makes the channels that both sides make by themselves, before a description of the other side
  // is applied: from then on webrtcbin 1.22 takes no id but 0, since it never tells its SCTP
  // transport how many channels there may be. No version is known that does.
  void make_negotiated();

  // The session's events: a description of the other side, whether it has a section for data, and
  // the labels it announces; the connection is there; the other side made a channel.
  void described(bool has_data, const std::vector<std::string> &announced);
  void connected();
  void added(const std::shared_ptr<DataChannel> &channel);

  // Another session was to take over, but did not: feeds and readers come back to this one.
  void resume();
  // The other side has no use for data.
  void refuse();
  void close();
  bool empty() const { return pairs_.empty() && !room_; }

 private:
  struct Pair {
    std::shared_ptr<DataFeed> feed;
    std::shared_ptr<DataChannel> channel;
    bool ours;
  };

  SessionChannels(EventLoop &loop, const std::shared_ptr<Session> &session, std::string key,
                  Hooks hooks);
  void pair(const std::shared_ptr<DataFeed> &feed, const std::shared_ptr<DataChannel> &channel,
            bool ours);
  void unread(const std::shared_ptr<DataChannel> &channel);
  void find_channels();
  bool find_channel(const std::shared_ptr<DataFeed> &feed);
  std::shared_ptr<DataChannel> open_one(const std::string &label) const;
  bool is_written(const std::shared_ptr<DataChannel> &channel) const;

  EventLoop &loop_;
  const std::weak_ptr<Session> session_;
  const std::string key_;
  const Hooks hooks_;
  std::vector<Pair> pairs_;
  std::vector<std::shared_ptr<DataFeed>> joining_;  // have no channel yet
  std::vector<std::weak_ptr<DataChannel>> theirs_;  // the other side made them
  std::vector<std::weak_ptr<DataChannel>> read_;    // were told of by `unread`
  std::shared_ptr<DataChannel> room_;
  std::vector<std::string> announced_;
  bool described_ = false;
  bool has_data_ = false;
  bool settled_ = false;  // no more channels are waited for
  bool told_ = false;
  Timer settling_;
};

}  // namespace rtc
