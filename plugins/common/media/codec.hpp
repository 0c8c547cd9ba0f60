// The catalog of codecs: one row each, the only place that knows how a codec is called in caps and
// in SDP and which GStreamer elements carry it.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/ref.hpp"
#include "message/sdp.hpp"

namespace rtc {

enum class MediaKind { audio, video };

constexpr const char *to_string(MediaKind kind) {
  return kind == MediaKind::audio ? "audio" : "video";
}

struct Codec {
  const char *name;  // value of video-codecs and audio-codecs
  MediaKind kind;
  const char *caps;      // encoded stream on an element's pad
  const char *rtp_name;  // a=rtpmap encoding name
  int clock_rate;        // Hz, of RTP
  int payload_type;      // what our offers use
  const char *rtp_caps;  // further fields of the RTP caps: channels and a=fmtp
  const char *parser;    // before the payloader and after the depayloader, may be empty
  const char *payloader;
  const char *depayloader;
};

const std::vector<Codec> &codecs();
const Codec *find_codec(std::string_view name);
// The codec of an encoded stream with these caps; null for raw or unknown media.
const Codec *codec_of_caps(const GstCaps *caps);
// The codec of an SDP entry: encoding name, clock rate and, for H.264, a packetization mode and
// profile that our elements can serve.
const Codec *codec_of_sdp(const SdpCodec &entry, MediaKind kind);

// Names to rows; an unknown name or one of the other kind is an Error that lists the valid ones.
Result<std::vector<const Codec *>> parse_codec_names(const std::vector<std::string> &names,
                                                     MediaKind kind);

// True when payloader and depayloader are installed.
bool can_send(const Codec &codec);
bool can_receive(const Codec &codec);

// The RTP caps of `codec`; a negative payload type or a zero SSRC is left out.
Ref<GstCaps> rtp_caps(const Codec &codec, int payload_type, guint ssrc);

// True when an element factory of that name is installed.
bool is_installed(const char *factory);

// Caps of everything an element's video or audio pad takes besides RTP: raw media and every codec.
std::string pad_caps(MediaKind kind);

}  // namespace rtc
