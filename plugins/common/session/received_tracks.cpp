#include "session/received_tracks.hpp"

#include <gst/webrtc/webrtc.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "session/rtp_extensions.hpp"

namespace rtc {

namespace {
constexpr unsigned shortest_repair = 40;  // ms
}

MediaKind kind_of(const SdpMedia &media) {
  return media.kind == "video" ? MediaKind::video : MediaKind::audio;
}

std::string mid_of(GstPad *pad) {
  GstWebRTCRTPTransceiver *transceiver = nullptr;
  g_object_get(pad, "transceiver", &transceiver, nullptr);
  const auto owned = adopt(transceiver);
  gchar *mid = nullptr;
  if (transceiver) g_object_get(transceiver, "mid", &mid, nullptr);
  const CharPtr text(mid);
  return mid ? mid : "";
}

std::vector<const Codec *> ReceivedTracks::accepted(MediaKind kind) const {
  auto result = kind == MediaKind::video ? wanted_.video_codecs : wanted_.audio_codecs;
  if (result.empty())
    for (const auto &codec : codecs())
      if (codec.kind == kind) result.push_back(&codec);
  std::erase_if(result, [](const auto *codec) { return !can_receive(*codec); });
  return result;
}

const Codec *ReceivedTracks::choose(const SdpMedia &media, SdpCodec &entry) const {
  const auto kind = kind_of(media);
  const auto offered = media.codecs();
  const auto &accepted = kind == MediaKind::video ? wanted_.video_codecs : wanted_.audio_codecs;
  for (const auto *codec : accepted)
    for (const auto &candidate : offered)
      if (codec_of_sdp(candidate, kind) == codec && can_receive(*codec)) {
        entry = candidate;
        return codec;
      }
  if (!accepted.empty()) return nullptr;
  for (const auto &candidate : offered)
    if (const auto *codec = codec_of_sdp(candidate, kind); codec && can_receive(*codec)) {
      entry = candidate;
      return codec;
    }
  return nullptr;
}

Result<bool> ReceivedTracks::accept(GstElement *webrtcbin, size_t mline, const SdpMedia &media) {
  const auto kind = kind_of(media);
  SdpCodec entry;
  const auto *codec = choose(media, entry);
  if (!codec && media.codecs().empty()) return true;
  if (!codec) entry = media.codecs().front();
  const auto caps = adopt(gst_caps_new_simple(
      "application/x-rtp", "media", G_TYPE_STRING, to_string(kind), "encoding-name", G_TYPE_STRING,
      codec ? codec->rtp_name : entry.name.c_str(), "clock-rate", G_TYPE_INT, entry.clock_rate,
      "payload", G_TYPE_INT, entry.payload_type, nullptr));
  // Else the answer would leave them out, and the other side gets no feedback to control its rate
  // by.
  add_extensions(caps.get(), layout_of(media, entry.payload_type));
  GstWebRTCRTPTransceiver *transceiver = nullptr;
  g_signal_emit_by_name(webrtcbin, "add-transceiver",
                        codec ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY
                              : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_INACTIVE,
                        caps.get(), &transceiver);
  const auto owned = adopt(transceiver);
  if (!codec) {
    std::vector<std::string> names;
    for (const auto &offered : media.codecs()) names.push_back(offered.name);
    refusals_.push_back(join(names, ", "));
    return true;
  }
  // A packet that is asked for again comes too late for a shorter buffer, and with retransmission
  // GStreamer 1.22 gives up a packet as soon as it is due.
  const bool repairs = kind == MediaKind::video && wanted_.latency >= shortest_repair;
  if (repairs) g_object_set(transceiver, "do-nack", TRUE, nullptr);
  add(mline, kind, *codec);
  return true;
}

void ReceivedTracks::add(size_t mline, MediaKind kind, const Codec &codec) {
  const auto index =
      std::count_if(tracks_.begin(), tracks_.end(), [&](const auto &t) { return t.kind == kind; });
  tracks_.push_back({mline, kind, &codec, static_cast<unsigned>(index)});
}

void ReceivedTracks::remove(size_t mline) {
  std::erase_if(tracks_, [&](const auto &track) { return track.mline == mline; });
}

const ReceivedTrack *ReceivedTracks::find(size_t mline) const {
  for (const auto &track : tracks_)
    if (track.mline == mline) return &track;
  return nullptr;
}

const ReceivedTrack *ReceivedTracks::track_of(GstPad *pad) const {
  GstWebRTCRTPTransceiver *transceiver = nullptr;
  g_object_get(pad, "transceiver", &transceiver, nullptr);
  const auto owned = adopt(transceiver);
  guint mline = G_MAXUINT;
  if (transceiver) g_object_get(transceiver, "mlineindex", &mline, nullptr);
  const auto *track = find(mline);
  if (!track) RTC_WARNING("media of the unknown m= section %u", mline);
  return track;
}

Error ReceivedTracks::nothing_accepted() const {
  if (refusals_.empty())
    return {Error::Kind::refused, "The publisher sends neither video nor audio nor data.",
            "no track accepted"};
  return {Error::Kind::refused,
          format("The publisher sends %s, none of which is accepted; set video-codecs and "
                 "audio-codecs, or install the missing depayloaders (gstreamer1.0-plugins-good and "
                 "-bad).",
                 join(refusals_, "; ").c_str()),
          "no track accepted"};
}

}  // namespace rtc
