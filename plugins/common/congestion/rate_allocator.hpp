// Splits the one rate that congestion control gives over audio, video and repair of loss: every
// audio track its least, every video its least, audio up to its wish, the rest to video by weight.
// Each video's part pays for its own repair, which follows the loss, so that what is encoded and
// what protects it together never exceed the target. A video with renditions gets the best one its
// part pays for; up only with a margin, so that it does not swing. Pure.
#pragma once

#include "congestion/transport_feedback.hpp"

namespace rtc {

class RateAllocator {
 public:
  struct Range {
    Bitrate min = 0;
    Bitrate max = 0;
  };
  struct Audio {
    Range range;
  };
  struct Video {
    std::vector<Range> renditions;  // ascending; one for an encoder of its own
    double weight = 1;
    std::optional<size_t> current;  // rendition in use
  };
  struct Path {
    double loss = 0;  // part of the packets
    Duration rtt{0};
    bool retransmission = true;  // negotiated
    bool fec = false;            // negotiated
  };
  struct VideoShare {
    std::optional<size_t> rendition;  // none: paused
    Bitrate bitrate = 0;              // for the encoder
    Bitrate fec = 0;
    Bitrate retransmission = 0;  // set aside
  };
  struct Shares {
    std::vector<Bitrate> audio;
    std::vector<VideoShare> video;
    double fec_ratio = 0;  // repair to media packets
    Bitrate unused = 0;
  };

  static Shares split(Bitrate target, const std::vector<Audio> &audio,
                      const std::vector<Video> &video, const Path &path);
};

}  // namespace rtc
