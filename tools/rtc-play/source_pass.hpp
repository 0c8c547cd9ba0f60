// One pass over a recording: a bin with a source pad for each planned track, whose buffers carry
// the loop's timestamps and whose end is reported, not sent on.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/ref.hpp"
#include "loop_timeline.hpp"
#include "track_plan.hpp"

namespace rtc {

class SourcePass : public std::enable_shared_from_this<SourcePass> {
 public:
  // `ended` is called once, on a streaming thread, when the last track has ended.
  static std::shared_ptr<SourcePass> make(const std::string &uri,
                                          const std::vector<TrackPlan> &plans,
                                          std::shared_ptr<LoopTimeline> timeline, bool first,
                                          std::function<void()> ended);

  GstElement *bin() const { return bin_.get(); }
  GstPad *pad(size_t track) const { return tracks_[track].pad.get(); }

 private:
  struct Track {
    TrackPlan plan;
    Ref<GstPad> pad;  // ghost pad of the bin
    bool found = false;
    bool ended = false;
  };

  SourcePass() = default;
  void build(const std::string &uri);
  void stream_added(GstBin *bin, GstPad *pad);
  GstElement *make_chain(const TrackPlan &plan);
  void track_ended(size_t track);
  GstPadProbeReturn passing(GstPad *pad, GstPadProbeInfo *info, size_t track);
  GstBuffer *stamp(GstPad *pad, GstBuffer *buffer, size_t track);
  GstPadProbeReturn event(GstPadProbeInfo *info, size_t track);

  Ref<GstElement> bin_;
  std::shared_ptr<LoopTimeline> timeline_;
  bool first_ = true;
  std::function<void()> ended_;
  std::mutex mutex_;  // guards found and ended of the tracks
  std::vector<Track> tracks_;
};

}  // namespace rtc
