// Plays a recording in an endless loop: one SourcePass after another in front of a queue per track,
// which keeps the sink supplied while the next pass comes up.
//
// Threads: made, started, stopped and destroyed by the thread of the application; passes change on
// the loop's own thread.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "source_pass.hpp"

namespace rtc {

class LoopSource {
 public:
  struct Settings {
    std::string uri;
    std::vector<TrackPlan> tracks;
    Nanoseconds start = 0;  // MediaFacts::start
    bool once = false;      // one pass, then EOS
  };

  // The elements go into `pipeline`, which must outlive this object.
  LoopSource(GstBin *pipeline, Settings settings);
  ~LoopSource();
  LoopSource(const LoopSource &) = delete;

  // The source pad of a track, to be linked before start().
  Ref<GstPad> output(size_t track) const;
  void start();
  // No pass begins any more. To be called before the pipeline is taken down.
  void stop();
  unsigned passes() const { return passes_; }

 private:
  void begin_pass();
  void pass_ended();
  void retire_pass();

  GstBin *pipeline_;
  const Settings settings_;
  std::shared_ptr<LoopTimeline> timeline_;
  std::vector<GstElement *> queues_;  // owned by the pipeline
  std::shared_ptr<SourcePass> pass_;
  bool stopped_ = false;
  std::atomic<unsigned> passes_ = 0;
  EventLoop loop_{"rtc-play-loop"};  // last: its thread ends before what it uses goes
};

}  // namespace rtc
