// What is known about a recording after a look at its beginning.
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

#include "base/ref.hpp"

namespace rtc {

enum class TrackKind { video, audio };

struct TrackFacts {
  TrackKind kind = TrackKind::video;
  Ref<GstCaps> caps;  // of the parsed, encoded stream
  bool reordered =
      false;  // has frames that are shown in another order than they are stored (B-frames)
  std::string orientation;  // the image-orientation tag, empty where there is none
  double measured_fps = 0;  // video only; 0 where it could not be measured
};

struct MediaFacts {
  std::vector<TrackFacts> tracks;    // at most the first video and the first audio track
  std::vector<std::string> ignored;  // descriptions of the others
  GstClockTimeDiff start = 0;        // running time of the earliest first buffer
  bool live = false;                 // a camera or a live stream: it has no beginning and no end
};

}  // namespace rtc
