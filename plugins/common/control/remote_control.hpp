// The viewer's end of a control channel: turns events that come from downstream into requests to
// the publisher, and answers queries from what the publisher tells.
//
// Threads: attach() and detach() on the event loop, the rest on any.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "base/ref.hpp"
#include "control/remote_playback.hpp"
#include "data/data_channel.hpp"

namespace rtc {

class RemoteControl : public std::enable_shared_from_this<RemoteControl> {
 public:
  struct Hooks {
    std::function<void(std::function<void()>)> post;  // runs a task on the loop
    std::function<GstClockTime()> running_time;
    // Everything that was sent out is void; on the thread of the event.
    std::function<void()> flush;
    // On the loop: what the publisher told, when it is not as was expected.
    std::function<void(const PlaybackState &)> changed;
    std::function<void(const Error &)> refused;
  };

  RemoteControl(milliseconds latency, Hooks hooks);

  // The channel of the session in effect takes the place of one before.
  void attach(const std::shared_ptr<DataChannel> &channel);
  void detach();

  // True when it became a request. `mid`: of the track it came from; empty: of all.
  bool handle_event(GstEvent *event, const std::string &mid);
  bool handle_query(GstQuery *query);
  // The stream time of what comes out; counted up with every new one.
  struct Mapping {
    unsigned version = 0;
    std::optional<RemotePlayback::Timeline> timeline;
  };
  Mapping mapping() const;

 private:
  bool seek(GstEvent *event);
  bool perform(GstEvent *event);
  bool send(decltype(ControlRequest::what) what, const std::string &mid);
  void heard(const DataMessage &message);
  RemotePlayback::Time now() const;

  const milliseconds latency_;
  const Hooks hooks_;
  std::shared_ptr<DataChannel> channel_;  // on the loop only

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  bool open_ = false;
  uint64_t next_id_ = 0;
  std::set<uint64_t> asked_;  // requests whose refusal is told
  RemotePlayback playback_;
  unsigned version_ = 0;
  guint32 last_seek_ = GST_SEQNUM_INVALID;
  gdouble asked_rate_ = 1;
};

}  // namespace rtc
