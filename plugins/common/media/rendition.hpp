// Renditions: the sizes and rates that a raw video input is encoded in (pure). An application lists
// them ("1280x720@2500k,640x360@700k,320x180/15@150k"), or they are derived from the input: its own
// size, then halves. A size is a box for the picture, which keeps its aspect ratio and, in a box
// that lies down, may stand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace rtc {

// What comes in; a width of 0: not known.
struct Picture {
  unsigned width = 0;
  unsigned height = 0;
  double framerate = 30;  // per second
};

struct Rendition {
  unsigned width = 0;  // 0: the input's
  unsigned height = 0;
  unsigned framerate = 0;  // most frames per second; 0: the input's
  unsigned bitrate = 0;    // bits per second; 0: by size and frame rate

  bool operator==(const Rendition &) const = default;
};

// "640x360/15@700k"; an Error names what is wrong and how it is written. Empty text: no renditions.
Result<std::vector<Rendition>> parse_renditions(std::string_view text);
std::string to_text(const Rendition &rendition);

// 0.07 bits per pixel: 2 Mbit/s for 1280x720 at 30 frames per second.
unsigned usual_bitrate(const Picture &picture);

// One encoding of an input.
struct Encoding {
  Rendition rendition;     // size, frame rate and bitrate as they come out
  bool scaled = false;     // the picture is made smaller
  bool thinned = false;    // frames are left out
  unsigned least = 50000;  // bits per second that are worth encoding it at; below, the next is
};

struct RenditionPlan {
  std::vector<Encoding> encodings;  // best first, one at least
  std::vector<Rendition> left_out;  // larger than the input
};

// What the `asked` renditions, or those derived when there are none, make of an input. `bitrate` is
// that of the input's own size, 0: the usual one.
RenditionPlan plan_renditions(std::vector<Rendition> asked, const Picture &input, unsigned bitrate);

}  // namespace rtc
