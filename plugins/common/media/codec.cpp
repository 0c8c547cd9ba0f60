#include "media/codec.hpp"

#include "base/text.hpp"

namespace rtc {

const std::vector<Codec> &codecs() {
  using enum MediaKind;
  static const std::vector<Codec> rows = {
      {"VP8", video, "video/x-vp8", "VP8", 90000, 96, "", "", "rtpvp8pay", "rtpvp8depay"},
      {"H264", video, "video/x-h264", "H264", 90000, 102,
       "profile-level-id=(string)42e01f,packetization-mode=(string)1,level-asymmetry-allowed=("
       "string)1",
       "h264parse config-interval=-1", "rtph264pay config-interval=-1 aggregate-mode=zero-latency",
       "rtph264depay"},
      {"VP9", video, "video/x-vp9", "VP9", 90000, 98, "profile-id=(string)0", "vp9parse",
       "rtpvp9pay", "rtpvp9depay"},
      {"AV1", video, "video/x-av1", "AV1", 90000, 106, "", "av1parse", "rtpav1pay", "rtpav1depay"},
      {"H265", video, "video/x-h265", "H265", 90000, 108, "", "h265parse config-interval=-1",
       "rtph265pay config-interval=-1 aggregate-mode=zero-latency", "rtph265depay"},
      {"OPUS", audio, "audio/x-opus", "OPUS", 48000, 111,
       "encoding-params=(string)2,useinbandfec=(string)1,minptime=(string)10,stereo=(string)1,"
       "sprop-stereo=(string)1",
       "opusparse", "rtpopuspay dtx=true", "rtpopusdepay"},
      {"PCMU", audio, "audio/x-mulaw,rate=8000,channels=1", "PCMU", 8000, 0, "", "", "rtppcmupay",
       "rtppcmudepay"},
      {"PCMA", audio, "audio/x-alaw,rate=8000,channels=1", "PCMA", 8000, 8, "", "", "rtppcmapay",
       "rtppcmadepay"},
      {"G722", audio, "audio/G722,rate=16000,channels=1", "G722", 8000, 9, "", "", "rtpg722pay",
       "rtpg722depay"},
      {"ILBC", audio, "audio/x-iLBC", "ILBC", 8000, 112, "", "", "rtpilbcpay", "rtpilbcdepay"},
      {"ISAC", audio, "audio/isac,rate=16000,channels=1", "ISAC", 16000, 113, "", "", "rtpisacpay",
       "rtpisacdepay"},
  };
  return rows;
}

const Codec *find_codec(std::string_view name) {
  for (const auto &codec : codecs())
    if (iequals(codec.name, name)) return &codec;
  return nullptr;
}

const Codec *codec_of_caps(const GstCaps *caps) {
  if (!caps || gst_caps_is_empty(caps) || gst_caps_is_any(caps)) return nullptr;
  const auto *structure = gst_caps_get_structure(caps, 0);
  for (const auto &codec : codecs())
    if (gst_structure_has_name(structure, split(codec.caps, ',').front().c_str())) return &codec;
  return nullptr;
}

namespace {

bool h264_fits(const std::string &fmtp) {
  bool mode_1 = false;
  std::string profile = "420010";  // RFC 6184 section 8.1: the default
  for (const auto &parameter : split(fmtp, ';')) {
    if (parameter == "packetization-mode=1") mode_1 = true;
    if (parameter.starts_with("profile-level-id=")) profile = parameter.substr(17);
  }
  // Encoders are set to constrained baseline, which decoders of baseline, main and high take too.
  return mode_1 && (iequals(profile.substr(0, 2), "42") || iequals(profile.substr(0, 2), "4d") ||
                    profile.starts_with("64"));
}

}  // namespace

const Codec *codec_of_sdp(const SdpCodec &entry, MediaKind kind) {
  for (const auto &codec : codecs()) {
    if (codec.kind != kind || !iequals(codec.rtp_name, entry.name) ||
        codec.clock_rate != entry.clock_rate)
      continue;
    if (std::string_view(codec.name) == "H264" && !h264_fits(entry.fmtp)) continue;
    if (std::string_view(codec.name) == "VP9" &&
        entry.fmtp.find("profile-id=") != std::string::npos &&
        entry.fmtp.find("profile-id=0") == std::string::npos)
      continue;
    return &codec;
  }
  return nullptr;
}

Result<std::vector<const Codec *>> parse_codec_names(const std::vector<std::string> &names,
                                                     MediaKind kind) {
  std::vector<const Codec *> result;
  for (const auto &name : names) {
    const auto *codec = find_codec(name);
    if (codec && codec->kind == kind) {
      result.push_back(codec);
      continue;
    }
    std::vector<std::string> valid;
    for (const auto &row : codecs())
      if (row.kind == kind) valid.emplace_back(row.name);
    return Error{Error::Kind::settings,
                 format("\"%s\" is not a known %s codec; use one of %s.", name.c_str(),
                        to_string(kind), join(valid, ", ").c_str()),
                 "parse_codec_names"};
  }
  return result;
}

bool is_installed(const char *factory) {
  const auto found = adopt(gst_element_factory_find(factory));
  return bool(found);
}

namespace {
bool chain_installed(const char *parser, const char *payloader) {
  for (auto fragment : {parser, payloader})
    if (*fragment && !is_installed(split(fragment, ' ').front().c_str())) return false;
  return true;
}
}  // namespace

bool can_send(const Codec &codec) { return chain_installed(codec.parser, codec.payloader); }
bool can_receive(const Codec &codec) { return chain_installed(codec.parser, codec.depayloader); }

Ref<GstCaps> rtp_caps(const Codec &codec, int payload_type, guint ssrc) {
  auto text =
      format("application/x-rtp,media=(string)%s,clock-rate=(int)%d,encoding-name=(string)%s",
             to_string(codec.kind), codec.clock_rate, codec.rtp_name);
  if (*codec.rtp_caps) text += std::string(",") + codec.rtp_caps;
  if (payload_type >= 0) text += format(",payload=(int)%d", payload_type);
  if (ssrc) text += format(",ssrc=(uint)%u", ssrc);
  return adopt(gst_caps_from_string(text.c_str()));
}

std::string pad_caps(MediaKind kind) {
  std::string text = kind == MediaKind::video ? "video/x-raw" : "audio/x-raw";
  for (const auto &codec : codecs())
    if (codec.kind == kind) text += std::string("; ") + codec.caps;
  return text;
}

}  // namespace rtc
