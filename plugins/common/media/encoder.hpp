// The catalog of encoders: one row per element, in order of preference, with real-time settings.
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "media/codec.hpp"

namespace rtc {

struct Encoder {
  const char *factory;
  const char *codec;              // row of the codec catalog
  const char *bitrate_property;   // empty: the codec has a fixed rate
  unsigned bitrate_unit;          // bits per second of one step of that property
  const char *keyframe_property;  // largest distance in frames, empty where there is none
  const char *settings;           // "property=value ..."; a property the version lacks is skipped
  const char *input;              // before the encoder, a launch fragment
  const char *output;             // caps after it, empty for any
};

struct EncoderOptions {
  unsigned bitrate = 0;            // bits per second
  unsigned keyframe_distance = 0;  // frames
  unsigned threads = 0;            // 0: what the row says
};

// Threads that encoding a picture of that size is worth on that many processors: more of them than
// needed wait for each other, at the cost of latency.
unsigned encoder_threads(unsigned width, unsigned height, unsigned processors);

const std::vector<Encoder> &encoders();

// The first installed encoder of `codec`; null when there is none.
const Encoder *find_encoder(const Codec &codec);

// What to install so that `codec` can be encoded, for error texts: the row's element names.
std::string encoder_names(const Codec &codec);

// Sets the row's properties and the options on a new element of the row's factory.
void configure_encoder(GstElement *element, const Encoder &row, const EncoderOptions &options);

// Changes the rate of a running encoder; bits per second.
void set_encoder_bitrate(GstElement *element, const Encoder &row, unsigned bitrate);

// How much of its packets a path loses, in percent, for encoders that repair loss within their rate
// (Opus, RFC 6716 section 2.1.7); others take no notice.
void set_encoder_loss(GstElement *element, unsigned percent);
// Whether next to nothing is sent of silence (Opus, RFC 6716 section 2.1.9); others take no notice.
void set_encoder_dtx(GstElement *element, bool on);
bool has_encoder_dtx(GstElement *element);

}  // namespace rtc
