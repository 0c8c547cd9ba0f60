// Reading, checking and editing session descriptions as text (pure).
//
// webrtcbin 1.22 aborts or crashes on descriptions that break rules it takes for granted, so
// whatever comes from a peer goes through check_description() and check_candidate() first.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "message/message.hpp"

namespace rtc {

// One a=rtpmap with its a=fmtp.
struct SdpCodec {
  int payload_type = -1;
  std::string name;  // encoding name as written: "VP8", "opus"
  int clock_rate = 0;
  std::string fmtp;
};

struct SdpMedia {
  std::string kind;  // "audio", "video" or "application"
  int port = 0;      // 0: rejected (or bundle-only)
  std::string protocol;
  std::vector<std::string> formats;
  std::vector<std::string> attributes;  // without "a="
  // Bits per second of RTP payload that its writer takes at most, by b=TIAS (RFC 3890) or b=AS (RFC
  // 8866 section 5.8); 0: not said.
  double bandwidth = 0;

  // The value of the first a=name:value; empty value for a flag; nothing when absent.
  std::optional<std::string> attribute(std::string_view name) const;
  std::string direction() const;  // "sendrecv" where none is written (RFC 8866 section 6.7)
  bool rejected() const;
  // In the order of the m= line; RTP media only. Static payload types without rtpmap are filled in.
  std::vector<SdpCodec> codecs() const;
};

struct Sdp {
  std::vector<std::string> session_lines;  // whole lines before the first m=
  std::vector<SdpMedia> media;
};

Result<Sdp> parse_sdp(std::string_view text);

// What a peer must send us at least: RFC 9429 section 5.3 as far as our side relies on it. At most
// 256 KiB and 64 media sections; every section with mid, ICE credentials, fingerprint and setup.
std::optional<Error> check_description(const Description &description);

// RFC 8839 section 5.1. Accepts the empty string (end of candidates, RFC 8838).
std::optional<Error> check_candidate(const Candidate &candidate);

// The session id of the o= line (RFC 8866 section 5.2), which a peer connection keeps (RFC 9429
// section 5.2.1); empty when there is none.
std::string origin_id(std::string_view sdp);

// True for the host name candidates of browsers (draft-ietf-mmusic-mdns-ice-candidates).
bool is_mdns_candidate(std::string_view candidate);

// Completes an offer made by webrtcbin 1.22 before it is sent: one a=msid per sending section with
// `stream_id` (RFC 8830), each a=ssrc line once, and an rtx payload type for every video codec that
// has none (webrtcbin only gives one to the first).
std::string complete_offer(std::string_view sdp, std::string_view stream_id);

// The payload type of parity that we can make and read ("flexfec-03"); 0: there is none.
int parity_type(const SdpMedia &media);
// Says that a media section may have parity, with that payload type or, for 0, one that is free.
std::string allow_parity(std::string_view sdp, size_t mline, int payload_type);
// The same, and that `parity` goes beside `protected_ssrc`, which the section describes (RFC 5956
// section 4.3, FEC-FR). Not for everybody: pion 3 takes it for two tracks (Plan B) and refuses.
std::string add_parity(std::string_view sdp, size_t mline, int payload_type,
                       unsigned protected_ssrc, unsigned parity);

// Adds to the a=fmtp of `codec` in an answer the parameters of `fmtp` that are not there yet.
std::string add_fmtp(std::string_view sdp, std::string_view codec, std::string_view fmtp);

// Puts each candidate into its section, and a=end-of-candidates after them (RFC 8839, RFC 8840).
std::string add_candidates(std::string_view sdp, const std::vector<Candidate> &candidates);

// Writes the direction of a media section (RFC 8866 section 6.7): "sendrecv", "sendonly", ...
std::string set_direction(std::string_view sdp, size_t mline, std::string_view direction);

// Puts the size of the largest data channel message in place of another (RFC 8841 section 6).
std::string limit_message_size(std::string_view sdp, unsigned bytes);

// Tells the labels of the data channels that come with an offer, so that a receiver knows before
// they open; and reads them again. Percent-encoded.
std::string announce_channels(std::string_view sdp, const std::vector<std::string> &labels);
std::vector<std::string> announced_channels(const SdpMedia &media);

// Puts "b=AS:" (RFC 8866 section 5.8; kbit/s) into every video section.
std::string limit_video_bandwidth(std::string_view sdp, unsigned bits_per_second);

}  // namespace rtc
