// The data source pads of an element, one for each peer and label.
//
// Threads: the event loop, except where it says otherwise. What sends out of a pad may block for as
// long as it likes: only the thread of that pad waits for it.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "data_source_pad.hpp"

namespace rtc {

class DataSourcePads {
 public:
  struct Settings {
    const char *pad_template;  // "data_%u"
    bool go_when_ended;        // else they stay until the element stops
    size_t most_of_a_peer;
    size_t most;
    size_t limit;  // bytes of messages that are kept for a pad
  };

  // `hooks` are those of every pad.
  DataSourcePads(GstElement *element, const Settings &settings, DataSourcePad::Hooks hooks);

  // Makes the pad before there is a channel.
  void announce(const std::string &peer, const std::string &label);
  // The pad of that peer and label, made when there is none, gives what comes over the channel;
  // false: there are too many of them.
  bool attach(const std::string &peer, const std::shared_ptr<DataChannel> &channel,
              const std::string &peer_id);
  // The peer is gone, or with an empty name every one.
  void end(const std::string &peer = "");

  // For the element's stop, on the application's thread: first the pads, since a push that is
  // blocked downstream must not keep anybody waiting, then, without sessions, what is left of them.
  void deactivate();
  void clear();
  bool empty() const;

 private:
  using PadPtr = std::shared_ptr<DataSourcePad>;

  std::vector<PadPtr> pads() const;
  PadPtr find(const std::string &peer, const std::string &label, bool also_ending) const;
  PadPtr make(const std::string &peer, const std::string &label);
  void remove(DataSourcePad &pad);

  GstElement *const element_;
  const Settings settings_;
  DataSourcePad::Hooks hooks_;

  mutable std::mutex mutex_;  // guards what follows; no call goes out under it
  std::vector<PadPtr> pads_;
  unsigned next_ = 0;
};

}  // namespace rtc
