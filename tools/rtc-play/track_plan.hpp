// Decides for each track of a recording whether it goes to the browsers as it is, or is decoded so
// that rtcsink encodes it anew.
#pragma once

#include <string>

#include "base/error.hpp"
#include "media_facts.hpp"

namespace rtc {

struct TrackPlan {
  TrackKind kind = TrackKind::video;
  bool untouched = false;
  std::string text;     // one line for the user: what it is, what is done and why
  std::string decoder;  // gst-launch description from encoded to raw; empty when untouched
};

// `accepted` is what the sink takes (null: anything), `decode` forces decoding. No decoder: an
// Error.
Result<TrackPlan> plan_track(const TrackFacts &facts, GstCaps *accepted, bool decode);

}  // namespace rtc
