// What rtcgcc knows of its path: hears what is sent and what feedback says of it, and asks for
// probes. Made for one run of the element.
//
// Threads: start() and stop() on the event loop, the rest on any. Hooks are called on the loop,
// without a lock held.
#pragma once

#include <gst/gst.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/event_loop.hpp"
#include "congestion/congestion_controller.hpp"
#include "session/feedback.hpp"
#include "session/probe_run.hpp"

namespace rtc {

class Estimator : public std::enable_shared_from_this<Estimator> {
 public:
  struct Hooks {
    std::function<void(guint ssrc, guint16 sequence)> repeat;  // that packet, if it can be
    std::function<void()> changed;                             // the estimate
  };

  Estimator(EventLoop &loop, const CongestionLimits &limits, Hooks hooks);

  void start();
  // Nothing is called after it.
  void stop();
  void limit(Bitrate min, Bitrate max);

  void sent(GstBuffer *packet);
  void feedback(const GstStructure &event);

  Bitrate estimate() const { return estimate_; }
  Bitrate pacing() const { return pacing_; }
  StructurePtr stats() const;

 private:
  struct Packet {
    guint ssrc = 0;
    guint16 sequence = 0;
    size_t size = 0;
  };
  struct Shown {
    CongestionState state;
    unsigned probes = 0;
  };

  void tick();
  size_t repeat_largest();

  EventLoop &loop_;
  const Hooks hooks_;
  std::atomic<Bitrate> estimate_, pacing_;
  std::atomic<uint64_t> sent_bytes_{0}, sent_packets_{0};

  // Event loop only.
  CongestionController controller_;
  FeedbackReader reader_;
  std::optional<ProbeRun> probe_;
  Timer timer_;
  uint64_t counted_bytes_ = 0;

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  std::array<Packet, 32> recent_;
  size_t recent_at_ = 0;
  Shown shown_;
};

}  // namespace rtc
