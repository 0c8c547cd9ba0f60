// Takes what a loudspeaker plays out of what the microphone beside it hears, by webrtcdsp and
// webrtcechoprobe: a filter for the microphone's path, and a pipeline of its own which the sound
// goes through at the moment that it is heard.
//
// Threads: play() and stop() from the application's, played() and set_latency() from any.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/ref.hpp"

namespace rtc {

class EchoCanceller {
 public:
  // `name` is that of the filter's webrtcdsp.
  static Result<std::shared_ptr<EchoCanceller>> create(const std::string &name);
  ~EchoCanceller();
  EchoCanceller(const EchoCanceller &) = delete;

  // With pads "sink" and "src": raw sound in, one channel at 48 kHz out.
  GstElement *filter() const { return filter_.get(); }
  // Begins to follow the time of the application's pipeline.
  void play(GstClock *clock, GstClockTime base_time);
  void stop();

  // Goes to the loudspeaker; PTS in running time. Encoded sound is of no use: false.
  bool played(GstBuffer *buffer, GstCaps *caps);
  // Of the loudspeaker's pipeline.
  void set_latency(GstClockTime latency) { latency_ = latency; }

 private:
  EchoCanceller() = default;

  Ref<GstElement> filter_;
  Ref<GstElement> pipeline_;
  Ref<GstElement> source_;
  std::atomic<GstClockTime> latency_{0};
};

}  // namespace rtc
