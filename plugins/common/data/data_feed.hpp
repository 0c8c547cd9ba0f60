// What one data pad sends: to every peer the same messages, or the same stream of bytes, each at
// the speed of the peer. Keeps a bounded part for a slow one, then holds up the pad, drops, or,
// when a peer takes nothing for long, leaves it behind: a peer never stops the others for good.
//
// Threads: push(), finish() and flush() on the pad's streaming thread or the application's, the
// rest on the event loop. Every finished wait is woken by the loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "data/data_channel.hpp"
#include "data/stream_sender.hpp"

namespace rtc {

struct DataFeedSettings {
  DataChannelInit channel;
  bool stream = false;            // bytes without bounds, by stream_protocol.hpp
  bool leaky = false;             // drops the oldest message rather than to wait
  size_t limit = 1024 * 1024;     // bytes kept for a peer
  milliseconds patience{10'000};  // with a peer that takes nothing while others wait
};

class DataFeed : public std::enable_shared_from_this<DataFeed> {
 public:
  using Warn = std::function<void(const Error &)>;  // on any thread, without a lock held

  DataFeed(EventLoop &loop, std::string pad, Warn warn);

  const std::string &pad() const { return pad_; }
  void configure(const DataFeedSettings &settings);
  // Of the channel to make for each peer.
  DataChannelInit channel() const;

  // Waits while there is no room, a stream also for its first peer; false: flushing.
  bool push(const DataMessage &message);
  // No more comes: waits until all of it has arrived (a stream) or is on its way; false: flushing.
  bool finish();
  // Waits end, and there are none until it is called with false: for a flush, and for the element.
  void flush(bool flushing);
  void stop(bool stopped);
  // As before the first message.
  void rewind();

  // A peer's channel; in a session that has one already, one that replaces it once it is open.
  void add(const std::string &session, const std::shared_ptr<DataChannel> &channel);
  // The peer of that session has come again in another one, whose channel is to go on.
  void succeed(const std::string &before, const std::string &after);
  // That channel is gone; another one of the session may follow. False: it was not in use.
  bool detach(const std::string &session, const std::shared_ptr<DataChannel> &channel);
  // The session is over.
  void forget(const std::string &session);

 private:
  struct Port {
    std::shared_ptr<DataChannel> channel;
    std::deque<DataMessage> queue;
    size_t queued = 0;
    std::unique_ptr<StreamSender> stream;
    bool closing = false;             // nothing more comes
    std::optional<TimePoint> closed;  // by us
    TimePoint moved = Clock::now();   // it took something, or became full
  };
  using Ports = std::map<std::string, Port>;

  void opened(const std::string &session, const std::shared_ptr<DataChannel> &channel);
  void heard(const std::string &session, const DataMessage &message);
  void pump();
  void pump(const std::string &session);
  std::optional<DataMessage> next_locked(Port &port);
  void close_when_taken();
  void drop_port(const std::string &session, const std::string &reason);
  // Tells the reader of a stream that it gets no more; then closes the channel.
  void abort(const std::shared_ptr<DataChannel> &channel, const std::string &reason);

  size_t room_locked(const Port &port) const;
  // What push() waits for: bytes that every port takes now, 0 for none.
  size_t room_locked(size_t size);
  void take_locked(const DataMessage &message);
  template <typename F>
  void leave_behind(std::unique_lock<std::mutex> &lock, F is_stuck);
  bool is_flushing() const { return flushing_ || stopped_; }
  void put_back(const std::string &session, DataMessage message);
  bool wait_for_room(std::unique_lock<std::mutex> &lock, size_t size, size_t &room);

  EventLoop &loop_;
  const std::string pad_;
  const Warn warn_;

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  std::condition_variable changed_;
  DataFeedSettings settings_;
  Ports ports_;
  std::string stream_id_;
  bool begun_ = false;
  bool finished_ = false;
  bool flushing_ = false;
  bool stopped_ = false;

  // On the loop only.
  // To be closed once their last words are taken; since when.
  std::vector<std::pair<std::shared_ptr<DataChannel>, TimePoint>> leaving_;
  Timer closing_;
};

}  // namespace rtc
