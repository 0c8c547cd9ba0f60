// One data source pad: what comes over the data channels of a peer that have one label goes out of
// it, each message as a buffer, or the bytes of a stream. It stays while the channel behind it may
// be replaced. What belongs to a frame goes out with the running time of that one.
//
// Threads: attach() and end() on the event loop; buffers go out on a thread of the pad.
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ref.hpp"
#include "data/data_channel.hpp"
#include "data/stream_receiver.hpp"
#include "data/timed_protocol.hpp"
#include "media/received_times.hpp"

namespace rtc {

class DataSourcePad : public std::enable_shared_from_this<DataSourcePad> {
 public:
  struct Hooks {
    std::function<void(const Error &)> failed, warned;  // any thread
    std::function<void(std::function<void()>)> post;    // runs a task on the loop
    std::function<GstClockTime()> running_time;
    std::shared_ptr<ReceivedTimes> times;  // of the frames that come; null: none do
    // On the loop: nothing more will come out. Where it is set, a pad that nobody linked ends, too.
    std::function<void(DataSourcePad &)> ended;
  };
  struct Source {
    std::string peer;  // what the element knows it by
    std::string label;
    size_t limit;  // bytes of messages that are kept
  };

  static std::shared_ptr<DataSourcePad> create(GstPadTemplate *pad_template, const char *name,
                                               Source source, Hooks hooks);
  ~DataSourcePad();

  GstPad *pad() const { return pad_.get(); }
  const Source &source() const { return source_; }

  // Reads that channel, too; a stream goes on over the last one. False: what it brings does not go
  // with what came before.
  bool attach(const std::shared_ptr<DataChannel> &channel, const std::string &peer_id);
  // Its peer or the last channel has ended: it takes no other one.
  bool ending() const { return ending_; }
  // The session is over: EOS after what is still here, or an error where a stream is cut short.
  void end();
  // No more data goes out; a push under way is released by deactivating the pad.
  void stop();

 private:
  struct Item {
    DataMessage message;
    GstClockTime time = GST_CLOCK_TIME_NONE;  // of its arrival
    std::optional<TimedKind> kind;            // nothing: any bytes
    std::optional<FrameReference> frame;
    TimePoint since{};
  };

  DataSourcePad(Source source, Hooks hooks);
  static gboolean activate(GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active);
  void heard(const std::shared_ptr<DataChannel> &channel, const DataMessage &message);
  void heard_stream(const DataMessage &message);
  void heard_timed(const DataMessage &message);
  void closed(const std::shared_ptr<DataChannel> &channel, const std::string &reason);
  void keep(Item item);
  size_t kept();
  void finish();
  void fail(const std::string &what);
  void loop();
  bool take(Item &item);
  bool find_time(Item &item);
  bool is_flushing();
  bool is_cut();
  void begin(std::optional<TimedKind> kind);
  void leave();
  void not_taken(GstFlowReturn result);
  void pushed(size_t bytes);
  // What the stream has to say to its sender.
  void answer();

  const Source source_;
  const Hooks hooks_;
  Ref<GstPad> pad_;
  gulong linked_ = 0;

  // On the loop only.
  std::vector<std::shared_ptr<DataChannel>> channels_;
  std::unique_ptr<StreamReceiver> stream_;
  bool has_messages_ = false;
  bool told_of_timed_ = false;
  bool failed_ = false;
  bool ending_ = false;

  std::mutex mutex_;  // guards everything below; no call goes out under it
  std::condition_variable changed_;
  std::deque<Item> queue_;
  size_t queued_ = 0;
  bool flushing_ = true;
  bool finished_ = false;
  bool cut_ = false;     // finished, but without EOS
  bool broken_ = false;  // downstream gave up
  bool told_of_loss_ = false;

  // On the pad's thread only.
  bool started_ = false;
  std::optional<TimedKind> kind_;
};

}  // namespace rtc
