// One data pad of rtcsrc: what comes over a data channel goes out of it, each message as a buffer,
// or the bytes of a stream. It stays while the channel behind it may be replaced.
//
// Threads: attach(), detach() and end() on the event loop; buffers go out on a thread of the pad.
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.hpp"
#include "base/ref.hpp"
#include "data/data_channel.hpp"
#include "data/stream_receiver.hpp"

namespace rtc {

class DataSourcePad : public std::enable_shared_from_this<DataSourcePad> {
 public:
  struct Hooks {
    std::function<void(const Error &)> failed, warned;  // any thread
    std::function<void(std::function<void()>)> post;    // runs a task on the loop
    std::function<GstClockTime()> running_time;
  };

  static std::shared_ptr<DataSourcePad> create(GstPadTemplate *pad_template, const char *name,
                                               std::string label, Hooks hooks);
  ~DataSourcePad();

  GstPad *pad() const { return pad_.get(); }
  const std::string &label() const { return label_; }

  void attach(const std::shared_ptr<DataChannel> &channel);
  // The session is over: EOS after what is still here, or an error where a stream is cut short.
  void end();
  // No more data goes out; a push under way is released by deactivating the pad.
  void stop();

 private:
  struct Item {
    DataMessage message;
    GstClockTime time = GST_CLOCK_TIME_NONE;
  };

  DataSourcePad(std::string label, Hooks hooks);
  static gboolean activate(GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active);
  void heard(const DataMessage &message);
  void heard_stream(const DataMessage &message);
  void closed(const std::string &reason);
  void keep(DataMessage message);
  void finish();
  void fail(const std::string &what);
  void loop();
  bool take(Item &item);
  bool is_flushing();
  void begin(bool text);
  void pushed(size_t bytes);
  // What the stream has to say to its sender.
  void answer();

  const std::string label_;
  const Hooks hooks_;
  Ref<GstPad> pad_;
  gulong linked_ = 0;

  // On the loop only.
  std::shared_ptr<DataChannel> channel_;
  std::unique_ptr<StreamReceiver> stream_;
  bool failed_ = false;

  std::mutex mutex_;  // guards everything below; no call goes out under it
  std::condition_variable changed_;
  std::deque<Item> queue_;
  size_t queued_ = 0;
  bool flushing_ = true;
  bool finished_ = false;
  bool told_of_loss_ = false;

  // On the pad's thread only.
  bool started_ = false;
  bool text_ = false;
};

}  // namespace rtc
