// Packets on their way out at a rate, and the events between them in their order. Bounded: one who
// adds to a full queue waits, and what waits longer than it should leaves faster than the rate.
//
// Threads: one adds, one takes; flushing on any.
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "base/clock.hpp"
#include "base/ref.hpp"

namespace rtc {

RTC_REF_TRAITS(GstMiniObject, gst_mini_object_ref, gst_mini_object_unref)

class Pacer {
 public:
  // `rate`: bits per second now.
  explicit Pacer(std::function<double()> rate) : rate_(std::move(rate)) {}

  // A packet (`bytes` long) or an event (0). False when flushing.
  bool add(Ref<GstMiniObject> item, size_t bytes);
  // The next one when it is due; null when flushing.
  Ref<GstMiniObject> take();
  // Drops what waits and lets nothing wait until it is over.
  void set_flushing(bool flushing);
  size_t waiting() const;

 private:
  struct Entry {
    Ref<GstMiniObject> item;
    size_t bytes;
  };

  const std::function<double()> rate_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::deque<Entry> entries_;
  size_t bytes_ = 0;
  TimePoint due_{};
  bool flushing_ = true;
};

}  // namespace rtc
