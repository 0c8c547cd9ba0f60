#include "message/sdp.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.hpp"

namespace rtc {

namespace {

Error malformed(const std::string &what) {
  return {Error::Kind::protocol,
          "The other side sent a session description that cannot be used: " + what + ".",
          "SDP check: " + what};
}

std::optional<int> to_int(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

bool starts_with_token(std::string_view attribute, std::string_view name) {
  return attribute.starts_with(name) &&
         (attribute.size() == name.size() || attribute[name.size()] == ':');
}

std::optional<std::string> find_attribute(const std::vector<std::string> &attributes,
                                          std::string_view name) {
  for (const auto &attribute : attributes)
    if (starts_with_token(attribute, name))
      return attribute.size() > name.size() ? attribute.substr(name.size() + 1) : std::string();
  return {};
}

// The value after "<payload type> " in an a=rtpmap or a=fmtp of that payload type.
std::string format_attribute(const SdpMedia &media, std::string_view name,
                             const std::string &format) {
  const auto prefix = std::string(name) + ":" + format + " ";
  for (const auto &attribute : media.attributes)
    if (attribute.starts_with(prefix)) return attribute.substr(prefix.size());
  return {};
}

std::optional<SdpMedia> parse_media_line(std::string_view value) {
  auto words = split(value, ' ');
  if (words.size() < 4) return {};
  SdpMedia media;
  media.kind = words[0];
  const auto port = to_int(split(words[1], '/').front());
  if (!port || *port < 0 || *port > 65535) return {};
  media.port = *port;
  media.protocol = words[2];
  media.formats.assign(words.begin() + 3, words.end());
  return media;
}

// b=AS counts the headers of IP, UDP and RTP as well.
constexpr double headers = 1.05;

void read_bandwidth(std::string_view value, SdpMedia &media) {
  const auto colon = value.find(':');
  if (colon == std::string_view::npos) return;
  const auto number = to_int(value.substr(colon + 1));
  if (!number || *number <= 0) return;
  const auto type = value.substr(0, colon);
  if (type == "TIAS") media.bandwidth = *number;
  if (type == "AS" && media.bandwidth <= 0) media.bandwidth = *number * 1000. / headers;
}

const char *static_rtpmap(int payload_type) {  // RFC 3551 section 6
  switch (payload_type) {
    case 0:
      return "PCMU/8000";
    case 8:
      return "PCMA/8000";
    case 9:
      return "G722/8000";
    default:
      return "";
  }
}

std::string session_attribute(const Sdp &sdp, std::string_view name) {
  for (const auto &line : sdp.session_lines)
    if (line.starts_with("a=") && starts_with_token(std::string_view(line).substr(2), name))
      return line.substr(2);
  return {};
}

std::optional<Error> check_media(const Sdp &sdp, const SdpMedia &media,
                                 std::set<std::string> &mids) {
  const auto mid = media.attribute("mid");
  if (!mid || mid->empty()) return malformed("an m= section has no a=mid");
  if (!mids.insert(*mid).second) return malformed("a=mid:" + *mid + " is there twice");
  if (media.rejected()) return {};
  for (auto required : {"ice-ufrag", "ice-pwd", "fingerprint"})
    if (media.attribute(required).value_or("").empty() && session_attribute(sdp, required).empty())
      return malformed(std::string("a=") + required + " is missing");
  auto setup = media.attribute("setup").value_or("");
  if (setup.empty())
    setup = session_attribute(sdp, "setup")
                .substr(std::min<size_t>(6, session_attribute(sdp, "setup").size()));
  if (setup != "actpass" && setup != "active" && setup != "passive")
    return malformed("a=setup is missing or unknown");
  if (media.kind == "application") return {};
  if (media.kind != "audio" && media.kind != "video")
    return malformed("the media kind is neither audio, video nor application");
  if (!media.protocol.ends_with("RTP/SAVPF") && !media.protocol.ends_with("RTP/SAVP"))
    return malformed("the media protocol " + media.protocol + " is not secured RTP");
  for (const auto &format : media.formats) {
    const auto type = to_int(format);
    if (!type || *type < 0 || *type > 127)
      return malformed("a payload type is not a number from 0 to 127");
  }
  if (media.codecs().empty()) return malformed("an m= section names no codec");
  return {};
}

}  // namespace

std::optional<std::string> SdpMedia::attribute(std::string_view name) const {
  return find_attribute(attributes, name);
}

std::string SdpMedia::direction() const {
  for (auto name : {"sendrecv", "sendonly", "recvonly", "inactive"})
    if (std::find(attributes.begin(), attributes.end(), name) != attributes.end()) return name;
  return "sendrecv";
}

bool SdpMedia::rejected() const { return port == 0 && !attribute("bundle-only"); }

std::vector<SdpCodec> SdpMedia::codecs() const {
  std::vector<SdpCodec> result;
  for (const auto &format : formats) {
    const auto type = to_int(format);
    if (!type) continue;
    auto map = format_attribute(*this, "rtpmap", format);
    if (map.empty()) map = static_rtpmap(*type);
    const auto parts = split(map, '/');
    if (parts.size() < 2) continue;
    result.push_back(
        {*type, parts[0], to_int(parts[1]).value_or(0), format_attribute(*this, "fmtp", format)});
  }
  return result;
}

Result<Sdp> parse_sdp(std::string_view text) {
  if (text.size() > 256 * 1024) return malformed("it is longer than 256 KiB");
  Sdp sdp;
  for (const auto &line : split(text, '\n')) {
    if (line.size() < 2 || line[1] != '=') return malformed("a line is not of the form x=value");
    if (std::any_of(line.begin(), line.end(),
                    [](unsigned char c) { return c < 0x20 && c != '\t'; }))
      return malformed("a line holds control characters");
    const auto value = std::string_view(line).substr(2);
    if (line[0] == 'm') {
      auto media = parse_media_line(value);
      if (!media) return malformed("an m= line is incomplete");
      sdp.media.push_back(std::move(*media));
    } else if (sdp.media.empty()) {
      sdp.session_lines.push_back(line);
    } else if (line[0] == 'a') {
      sdp.media.back().attributes.emplace_back(value);
    } else if (line[0] == 'b') {
      read_bandwidth(value, sdp.media.back());
    }
  }
  if (sdp.session_lines.empty() || sdp.session_lines[0] != "v=0")
    return malformed("it does not begin with v=0");
  return sdp;
}

std::optional<Error> check_description(const Description &description) {
  const auto sdp = parse_sdp(description.sdp);
  if (!sdp) return sdp.error();
  if (std::none_of(sdp->session_lines.begin(), sdp->session_lines.end(), [](const auto &line) {
        return line.starts_with("o=") && split(line, ' ').size() == 6;
      }))
    return malformed("the o= line is missing or incomplete");
  if (sdp->media.empty()) return malformed("it has no m= section");
  if (sdp->media.size() > 64) return malformed("it has more than 64 m= sections");
  std::set<std::string> mids;
  for (const auto &media : sdp->media)
    if (auto error = check_media(*sdp, media, mids)) return error;
  return {};
}

std::optional<Error> check_candidate(const Candidate &candidate) {
  if (candidate.candidate.empty()) return {};
  const auto bad = [](const char *what) {
    return Error{
        Error::Kind::protocol,
        std::string("The other side sent an ICE candidate that cannot be used: ") + what + ".",
        what};
  };
  if (candidate.candidate.size() > 1024) return bad("it is longer than 1024 characters");
  if (candidate.mline > 63) return bad("its m= line index is above 63");
  for (unsigned char c : candidate.candidate)
    if (c < 0x20 || c > 0x7e) return bad("it holds characters other than printable ASCII");
  const auto words = split(candidate.candidate, ' ');
  if (words.size() < 8 || !words[0].starts_with("candidate:") || words[6] != "typ")
    return bad("fields are missing");
  const auto component = to_int(words[1]), port = to_int(words[5]);
  if (!component || *component < 1 || *component > 256)
    return bad("the component is not a number from 1 to 256");
  if (!port || *port < 0 || *port > 65535) return bad("the port is not a number from 0 to 65535");
  if (!iequals(words[2], "udp") && !iequals(words[2], "tcp"))
    return bad("the transport is neither UDP nor TCP");
  for (auto type : {"host", "srflx", "prflx", "relay"})
    if (words[7] == type) return {};
  return bad("the type is not host, srflx, prflx or relay");
}

std::string origin_id(std::string_view sdp) {
  const auto at = sdp.find("\no=");
  if (at == std::string_view::npos) return {};
  const auto line = sdp.substr(at + 3, sdp.find_first_of("\r\n", at + 3) - at - 3);
  const auto words = split(line, ' ');
  return words.size() < 2 ? std::string() : words[1];
}

bool is_mdns_candidate(std::string_view candidate) {
  const auto words = split(candidate, ' ');
  return words.size() > 4 && words[4].ends_with(".local");
}

}  // namespace rtc
