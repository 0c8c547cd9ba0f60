// What one data pad sends: to every peer the same messages, or the same stream of bytes, each at
// the speed of the peer. Keeps a bounded part for a slow one, then holds up the pad, drops, or,
// when a peer takes nothing for long, leaves it behind: a peer never stops the others for good.
// Messages in step with frames go to each peer with its own time of the frame, which they wait for.
// data_feed.cpp is the pad's side, data_feed_ports.cpp that of the peers, data_feed_timed.cpp what
// is in step with frames.
//
// Threads: push(), finish() and flush() on the pad's streaming thread or the application's, the
// rest on the event loop. Every finished wait is woken by the loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "data/data_channel.hpp"
#include "data/stream_sender.hpp"
#include "data/timed_protocol.hpp"

namespace rtc {

// What becomes of a peer that takes nothing for longer than the patience.
enum class WhenStuck { leave_behind, drop, disconnect };

// What a message in step with frames is, and when.
struct DataStamp {
  TimedKind kind = TimedKind::text;
  std::optional<std::chrono::nanoseconds> time;  // group time
};

// What a peer is told of the moment of a message.
struct FrameAnswer {
  bool waits = false;                   // it is too early to tell
  std::optional<FrameReference> frame;  // nothing: none is known
};
// On the loop: of the track of that pad, and of a message that has waited so long.
using FrameFinder = std::function<FrameAnswer(const std::string &pad, std::chrono::nanoseconds time,
                                              Duration waited)>;

struct DataFeedSettings {
  DataChannelInit channel;
  std::string peer;               // or a session: the only one that it goes to; empty: all
  bool stream = false;            // bytes without bounds, by stream_protocol.hpp
  std::string sync_to;            // the media pad whose frames messages belong to; empty: to none
  bool leaky = false;             // drops the oldest message rather than to wait
  size_t limit = 1024 * 1024;     // bytes kept for a peer
  milliseconds patience{10'000};  // with a peer that takes nothing while others wait
  WhenStuck when_stuck = WhenStuck::leave_behind;
  bool waits = false;  // the first message, too, waits for a peer
};

class DataFeed : public std::enable_shared_from_this<DataFeed> {
 public:
  // On any thread, without a lock held.
  struct Hooks {
    std::function<void(const Error &)> warned;
    // The peer of that session is to go.
    std::function<void(const std::string &session, const std::string &reason)> disconnect;
  };

  DataFeed(EventLoop &loop, std::string pad, Hooks hooks);

  const std::string &pad() const { return pad_; }
  void configure(const DataFeedSettings &settings);
  // Of the channel to make for each peer.
  DataChannelInit channel() const;
  bool is_stream() const;
  std::string peer() const;
  std::string sync_to() const;
  bool is_for(const std::string &peer, const std::string &session) const;

  // Waits while there is no room, a stream also for its first peer; false: flushing.
  bool push(const DataMessage &message, const DataStamp &stamp = DataStamp());
  // No more comes: waits until all of it has arrived (a stream) or is on its way; false: flushing.
  bool finish();
  // Waits end, and there are none until it is called with false: for a flush, and for the element.
  void flush(bool flushing);
  void stop(bool stopped);
  // As before the first message.
  void rewind();

  // A peer's channel; in a session that has one already, one that replaces it once it is open.
  // `ours` is closed at the end, one that the other side made is left to it.
  void add(const std::string &session, const std::shared_ptr<DataChannel> &channel,
           bool ours = true, const FrameFinder &finder = nullptr);
  // What waits for a frame may go now.
  void frame_left(const std::string &session) { pump(session); }
  // The peer of that session has come again in another one, whose channel is to go on.
  void succeed(const std::string &before, const std::string &after);
  // The peer of that session has come again in another one, which may be to replace it: once the
  // former one is over, a stream goes on in the latter.
  void await(const std::string &before, const std::string &after);
  // That channel is gone; another one of the session may follow. False: it was not in use.
  bool detach(const std::string &session, const std::shared_ptr<DataChannel> &channel);
  // The session is over.
  void forget(const std::string &session);

 private:
  struct Entry {
    DataMessage message;
    DataStamp stamp;
    TimePoint since;     // it waits
    std::string header;  // of the timed protocol, once it is known
  };
  struct Port {
    std::shared_ptr<DataChannel> channel;
    FrameFinder finder;  // may be empty
    std::deque<Entry> queue;
    size_t queued = 0;
    std::unique_ptr<StreamSender> stream;
    bool ours = true;
    bool leaky = false;
    bool closing = false;             // nothing more comes
    std::optional<TimePoint> taken;   // all of it, by SCTP
    std::optional<TimePoint> closed;  // by us
    TimePoint moved = Clock::now();   // it took something, or became full
  };
  using Ports = std::map<std::string, Port>;
  // A channel of a session that may replace another one.
  struct Heir {
    std::string before;
    std::shared_ptr<DataChannel> channel;
    bool ours = true;
    FrameFinder finder;
  };
  // What the first message of a port asks before it goes.
  struct Question {
    FrameFinder finder;
    Entry entry;
    std::string pad;
  };

  void opened(const std::string &session, const std::shared_ptr<DataChannel> &channel, bool ours,
              const FrameFinder &finder);
  void heard(const std::string &session, const DataMessage &message);
  void post_pump_locked();
  void pump();
  void pump(const std::string &session);
  std::optional<Entry> next(const std::string &session,
                            const std::shared_ptr<DataChannel> &channel);
  std::optional<Entry> next_locked(Port &port);
  std::optional<Question> question_locked(const Port &port) const;
  static DataMessage sealed(const Entry &entry);
  // False: the message waits.
  bool ask(const std::string &session, const Question &question);
  void close_when_taken();
  // Those to be closed that have handed on all they were given.
  std::set<std::shared_ptr<DataChannel>> emptied_channels();
  void inherit(const std::string &before);
  void drop_port(const std::string &session, const std::string &reason);
  // Tells the reader of a stream that it gets no more; then closes the channel.
  void abort(const std::shared_ptr<DataChannel> &channel, const std::string &reason);

  size_t room_locked(const Port &port) const;
  // What push() waits for: bytes that every port takes now, 0 for none.
  size_t room_locked(size_t size);
  void take_locked(const DataMessage &message, const DataStamp &stamp);
  template <typename F>
  void deal_with_stuck(std::unique_lock<std::mutex> &lock, bool alone, F is_stuck);
  // False: it was before.
  bool make_leaky(const std::string &session, const std::string &reason);
  bool is_flushing() const { return flushing_ || stopped_; }
  void put_back(const std::string &session, Entry entry);
  // Once until the next start.
  void warn_of_large(const Error &error);
  bool wait_for_room(std::unique_lock<std::mutex> &lock, size_t size, size_t &room);

  EventLoop &loop_;
  const std::string pad_;
  const Hooks hooks_;

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  std::condition_variable changed_;
  DataFeedSettings settings_;
  Ports ports_;
  bool pump_posted_ = false;
  std::map<std::string, Heir> heirs_;  // by their session
  std::string stream_id_;
  bool begun_ = false;
  bool finished_ = false;
  bool flushing_ = false;
  bool stopped_ = false;
  bool told_large_ = false;

  // On the loop only.
  // To be closed once their last words are taken; since when.
  std::vector<std::pair<std::shared_ptr<DataChannel>, TimePoint>> leaving_;
  Timer closing_;
  Timer waiting_;  // for frames
};

}  // namespace rtc
