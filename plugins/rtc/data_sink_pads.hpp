// The data sink pads of an element: requested, told their properties, and released.
//
// Threads: request() and release() on the application's, the rest where it says so.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "data_sink_pad.hpp"

namespace rtc {

class DataSinkPads {
 public:
  using Feeds = std::vector<std::shared_ptr<DataFeed>>;

  struct Settings {
    bool end_element;     // EOS on them is part of the element's end; the element is a bin
    bool waits_for_peer;  // what comes before a peer is there waits for it
  };
  struct Hooks {
    std::function<EventLoop &()> loop;  // made when there is none
    // While the element runs, on the loop.
    std::function<void(const std::shared_ptr<DataFeed> &)> added, removed;
    std::function<void(const Error &)> failed, warned;  // any thread
    // The peer of that session is to go; any thread.
    std::function<void(const std::string &session, const std::string &reason)> disconnect;
    // The names of the pads that data may be in step with; any thread.
    std::function<std::vector<std::string>()> media_pads;
    // What makes running time group time; streaming thread.
    std::function<GstClockTimeDiff()> group_offset;
    // A pad has come to its end, which is the element's when all have; false: that goes on.
    // Streaming thread.
    std::function<bool()> ended;
  };

  DataSinkPads(GstElement *element, const Settings &settings, Hooks hooks);

  // Null: the name is taken.
  GstPad *request(GstPadTemplate *pad_template, const char *name);
  // False: it is none of these.
  bool release(GstPad *ghost);

  // The element starts: the feeds with the properties of their pads, an Error when these contradict
  // each other. `reserved`: a label that they must not have, unless it is empty.
  Result<Feeds> start(const std::string &reserved = {});
  // The element stops: nothing waits any more.
  void stop();
  void rewind();
  // All of them have come to their end.
  bool ended() const;

 private:
  using PadPtr = std::shared_ptr<DataSinkPad>;

  std::vector<PadPtr> pads() const;
  std::string name_of(GstPadTemplate *pad_template, const char *wanted);
  Result<bool> configure(DataSinkPad &pad) const;
  Result<bool> check_sync(const DataFeed &feed) const;
  // The first data comes to a pad that was requested while the element runs: from now on its
  // properties count.
  void begin(const PadPtr &pad);

  GstElement *const element_;
  const Settings settings_;
  const Hooks hooks_;
  std::atomic<bool> running_{false};
  std::string reserved_;  // set before it runs

  mutable std::mutex mutex_;  // guards what follows; no call goes out under it
  std::vector<PadPtr> pads_;
  unsigned next_ = 0;
};

}  // namespace rtc
