#include <algorithm>
#include <set>

#include "base/ref.hpp"
#include "base/text.hpp"
#include "message/sdp.hpp"

namespace rtc {

namespace {

// One m= section as the lines it was written in; the first "section" is the session part.
using Section = std::vector<std::string>;

std::vector<Section> sections_of(std::string_view sdp) {
  std::vector<Section> sections(1);
  for (auto &line : split(sdp, '\n')) {
    if (line.starts_with("m=")) sections.emplace_back();
    sections.back().push_back(std::move(line));
  }
  return sections;
}

std::string text_of(const std::vector<Section> &sections) {
  std::string text;
  for (const auto &section : sections)
    for (const auto &line : section) text += line + "\r\n";
  return text;
}

bool has_line(const Section &section, std::string_view prefix) {
  return std::any_of(section.begin(), section.end(),
                     [&](const auto &line) { return line.starts_with(prefix); });
}

void keep_ssrc_lines_once(Section &section) {
  std::set<std::string> seen;
  std::erase_if(section, [&](const auto &line) {
    return line.starts_with("a=ssrc") && !seen.insert(line).second;
  });
}

// Payload types of codecs that already have an rtx, and all that are taken.
void add_rtx(Section &section, const SdpMedia &media, std::set<int> &taken) {
  if (media.kind != "video") return;
  std::set<std::string> repaired;
  for (const auto &codec : media.codecs()) {
    taken.insert(codec.payload_type);
    if (iequals(codec.name, "rtx") && codec.fmtp.starts_with("apt="))
      repaired.insert(codec.fmtp.substr(4));
  }
  if (repaired.empty()) return;  // retransmission is off
  int next = 127;
  for (const auto &codec : media.codecs()) {
    const auto type = std::to_string(codec.payload_type);
    if (iequals(codec.name, "rtx") || iequals(codec.name, "red") || iequals(codec.name, "ulpfec") ||
        repaired.count(type))
      continue;
    while (taken.count(next)) next--;
    taken.insert(next);
    section.front() += " " + std::to_string(next);
    section.push_back(format("a=rtpmap:%d rtx/90000", next));
    section.push_back(format("a=fmtp:%d apt=%s", next, type.c_str()));
  }
}

}  // namespace

std::string complete_offer(std::string_view text, std::string_view stream_id) {
  const auto sdp = parse_sdp(text);
  if (!sdp) return std::string(text);
  auto sections = sections_of(text);
  std::set<int> taken;
  for (const auto &media : sdp->media)
    for (const auto &codec : media.codecs()) taken.insert(codec.payload_type);
  for (size_t i = 0; i < sdp->media.size(); i++) {
    const auto &media = sdp->media[i];
    auto &section = sections[i + 1];
    if (media.kind == "application" || !media.direction().starts_with("send")) continue;
    keep_ssrc_lines_once(section);
    add_rtx(section, media, taken);
    if (!has_line(section, "a=msid:"))
      section.push_back("a=msid:" + std::string(stream_id) + " " +
                        media.attribute("mid").value_or(std::to_string(i)));
  }
  return text_of(sections);
}

namespace {
constexpr auto parity_name = "flexfec-03";
// Unassigned by RFC 3551, and no codec's; first the one that browsers take.
constexpr int usual_parity_type = 49, first_free_type = 35, last_free_type = 63;

}  // namespace

int parity_type(const SdpMedia &media) {
  for (const auto &codec : media.codecs())
    if (iequals(codec.name, parity_name) && codec.payload_type > 0) return codec.payload_type;
  return 0;
}

namespace {
int free_parity_type(const Sdp &sdp) {
  std::set<int> taken;
  int same = 0;  // as in another section
  for (const auto &media : sdp.media) {
    if (!same) same = parity_type(media);
    for (const auto &codec : media.codecs())
      if (!iequals(codec.name, parity_name)) taken.insert(codec.payload_type);
  }
  if (same && !taken.contains(same)) return same;
  if (!taken.contains(usual_parity_type)) return usual_parity_type;
  for (int type = first_free_type; type <= last_free_type; type++)
    if (!taken.contains(type)) return type;
  return 0;
}
}  // namespace

std::string allow_parity(std::string_view text, size_t mline, int payload_type) {
  const auto sdp = parse_sdp(text);
  if (!sdp || mline >= sdp->media.size() || parity_type(sdp->media[mline]))
    return std::string(text);
  const auto type = payload_type ? payload_type : free_parity_type(*sdp);
  if (!type) return std::string(text);
  auto sections = sections_of(text);
  auto &section = sections[mline + 1];
  section.front() += format(" %d", type);
  section.push_back(format("a=rtpmap:%d %s/90000", type, parity_name));
  // Microseconds; longer than anything is kept.
  section.push_back(format("a=fmtp:%d repair-window=10000000", type));
  return text_of(sections);
}

std::string add_parity(std::string_view text, size_t mline, int payload_type,
                       unsigned protected_ssrc, unsigned parity) {
  auto sections = sections_of(allow_parity(text, mline, payload_type));
  const auto source = format("a=ssrc:%u ", protected_ssrc);
  if (mline + 1 >= sections.size() || !has_line(sections[mline + 1], source))
    return std::string(text);
  auto &section = sections[mline + 1];
  section.push_back(format("a=ssrc-group:FEC-FR %u %u", protected_ssrc, parity));
  for (const auto &line : Section(section))
    if (line.starts_with(source))
      section.push_back(format("a=ssrc:%u ", parity) + line.substr(source.size()));
  return text_of(sections);
}

std::string add_candidates(std::string_view text, const std::vector<Candidate> &candidates) {
  auto sections = sections_of(text);
  std::set<size_t> ended;
  for (const auto &candidate : candidates) {
    const size_t at = candidate.mline + 1;
    if (at >= sections.size()) continue;
    const auto line = "a=" + candidate.candidate;
    auto &section = sections[at];
    if (std::find(section.begin(), section.end(), line) == section.end()) section.push_back(line);
    ended.insert(at);
  }
  for (const auto at : ended) sections[at].push_back("a=end-of-candidates");
  return text_of(sections);
}

std::string set_direction(std::string_view text, size_t mline, std::string_view direction) {
  auto sections = sections_of(text);
  if (mline + 1 >= sections.size()) return std::string(text);
  auto &section = sections[mline + 1];
  std::erase_if(section, [](const auto &line) {
    return line == "a=sendrecv" || line == "a=sendonly" || line == "a=recvonly" ||
           line == "a=inactive";
  });
  section.push_back("a=" + std::string(direction));
  return text_of(sections);
}

namespace {
constexpr auto label_attribute = "x-data-channel";

template <typename F>
std::string edit_channels(std::string_view text, F edit) {
  auto sections = sections_of(text);
  for (auto &section : sections)
    if (!section.empty() && section.front().starts_with("m=application")) edit(section);
  return text_of(sections);
}
}  // namespace

std::string limit_message_size(std::string_view text, unsigned bytes) {
  return edit_channels(text, [&](Section &section) {
    std::erase_if(section, [](const auto &line) { return line.starts_with("a=max-message-size"); });
    section.push_back(format("a=max-message-size:%u", bytes));
  });
}

std::string announce_channels(std::string_view text, const std::vector<std::string> &labels) {
  std::vector<std::string> lines;
  for (const auto &label : labels) {
    const CharPtr escaped(g_uri_escape_string(label.c_str(), nullptr, FALSE));
    lines.push_back(format("a=%s:%s", label_attribute, escaped.get()));
  }
  return edit_channels(
      text, [&](Section &section) { section.insert(section.end(), lines.begin(), lines.end()); });
}

std::vector<std::string> announced_channels(const SdpMedia &media) {
  std::vector<std::string> labels;
  const auto prefix = std::string(label_attribute) + ":";
  for (const auto &attribute : media.attributes) {
    if (!attribute.starts_with(prefix)) continue;
    const CharPtr label(g_uri_unescape_string(attribute.c_str() + prefix.size(), nullptr));
    if (label && g_utf8_validate(label.get(), -1, nullptr)) labels.emplace_back(label.get());
  }
  return labels;
}

std::string limit_video_bandwidth(std::string_view text, unsigned bits_per_second) {
  auto sections = sections_of(text);
  for (auto &section : sections) {
    if (section.empty() || !section.front().starts_with("m=video")) continue;
    // After the lines i= and c=, before the attributes.
    const auto at = std::find_if(section.begin() + 1, section.end(), [](const auto &line) {
      return !line.starts_with("i=") && !line.starts_with("c=");
    });
    section.insert(at, format("b=AS:%u", std::max(1u, bits_per_second / 1000)));
  }
  return text_of(sections);
}

std::string add_fmtp(std::string_view text, std::string_view codec, std::string_view fmtp) {
  const auto sdp = parse_sdp(text);
  if (!sdp) return std::string(text);
  auto sections = sections_of(text);
  for (size_t i = 0; i < sdp->media.size(); i++) {
    for (const auto &entry : sdp->media[i].codecs()) {
      if (!iequals(entry.name, codec)) continue;
      auto parameters = split(entry.fmtp, ';');
      for (const auto &wanted : split(fmtp, ';')) {
        const auto key = wanted.substr(0, wanted.find('=') + 1);
        if (std::none_of(parameters.begin(), parameters.end(),
                         [&](const auto &p) { return p.starts_with(key); }))
          parameters.push_back(wanted);
      }
      const auto prefix = format("a=fmtp:%d ", entry.payload_type);
      auto &section = sections[i + 1];
      std::erase_if(section, [&](const auto &line) { return line.starts_with(prefix); });
      section.push_back(prefix + join(parameters, ";"));
    }
  }
  return text_of(sections);
}

}  // namespace rtc
