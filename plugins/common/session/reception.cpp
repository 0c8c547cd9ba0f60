#include "session/reception.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "media/receive_chain.hpp"
#include "session/rtp_extensions.hpp"

namespace rtc {

namespace {
constexpr unsigned shortest_repair = 40;  // ms
}

Result<std::shared_ptr<Reception>> Reception::create(EventLoop &loop,
                                                     std::shared_ptr<Reaper> reaper,
                                                     Session::Settings settings,
                                                     const ReceptionSettings &wanted,
                                                     std::weak_ptr<Listener> listener) {
  auto reception = std::shared_ptr<Reception>(new Reception(loop, wanted, std::move(listener)));
  settings.latency = wanted.latency;
  settings.max_video_bitrate = wanted.max_bitrate;
  auto session = Session::create(loop, std::move(reaper), std::move(settings), reception);
  if (!session) return session.error();
  reception->session_ = *session;
  return reception;
}

Reception::Reception(EventLoop &loop, const ReceptionSettings &wanted,
                     std::weak_ptr<Listener> listener)
    : loop_(loop), wanted_(wanted), listener_(std::move(listener)) {}

void Reception::received(const Message &message) {
  if (const auto *description = std::get_if<Description>(&message))
    origin_ = origin_id(description->sdp);
  session_->received(message);
}

bool Reception::is_replaced_by(const Description &offer) const {
  return offer.type == Description::Type::offer && !origin_.empty() &&
         origin_id(offer.sdp) != origin_;
}

PathHealth Reception::health(bool orphaned) const {
  const auto silence =
      std::chrono::duration_cast<milliseconds>(Clock::now() - session_->last_received());
  return {session_->state() == Session::State::failed, orphaned,
          tracks_.empty() ? data_silence(silence) : silence};
}

void Reception::session_sends(Session &, const Message &message) {
  if (const auto listener = listener_.lock()) listener->reception_sends(*this, message);
}

void Reception::session_changed(Session &, Session::State state) {
  if (state == Session::State::connected) was_connected_ = true;
  if (const auto listener = listener_.lock()) listener->reception_changed(*this, state);
}

void Reception::session_failed(Session &, const Error &error) {
  if (const auto listener = listener_.lock()) listener->reception_failed(*this, error);
}

void Reception::session_path_changed(Session &, const SelectedPair &pair) {
  if (const auto listener = listener_.lock()) listener->reception_path_changed(*this, pair);
}

const Codec *Reception::choose(const SdpMedia &media, MediaKind kind, SdpCodec &entry) const {
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

Result<bool> Reception::accept_section(size_t mline, const SdpMedia &media) {
  const auto kind = media.kind == "video" ? MediaKind::video : MediaKind::audio;
  SdpCodec entry;
  const auto *codec = media.direction().starts_with("send") ? choose(media, kind, entry) : nullptr;
  if (!codec && media.codecs().empty()) return true;
  if (!codec) entry = media.codecs().front();
  const auto caps = adopt(gst_caps_new_simple(
      "application/x-rtp", "media", G_TYPE_STRING, to_string(kind), "encoding-name", G_TYPE_STRING,
      codec ? codec->rtp_name : entry.name.c_str(), "clock-rate", G_TYPE_INT, entry.clock_rate,
      "payload", G_TYPE_INT, entry.payload_type, nullptr));
  // Else the answer would leave them out, and the publisher gets no feedback to control its rate
  // by.
  add_extensions(caps.get(), layout_of(media, entry.payload_type));
  GstWebRTCRTPTransceiver *transceiver = nullptr;
  g_signal_emit_by_name(session_->webrtcbin(), "add-transceiver",
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
  const auto index =
      std::count_if(tracks_.begin(), tracks_.end(), [&](const auto &t) { return t.kind == kind; });
  tracks_.push_back({mline, kind, codec, static_cast<unsigned>(index)});
  return true;
}

Result<bool> Reception::session_described(Session &, const Description &description) {
  const auto sdp = parse_sdp(description.sdp);
  if (!sdp) return sdp.error();
  refusals_.clear();
  channels_.clear();
  has_data_ = false;
  for (size_t i = 0; i < sdp->media.size(); i++) {
    const auto &media = sdp->media[i];
    if (media.kind == "application" && !media.rejected()) {
      has_data_ = true;
      channels_ = announced_channels(media);
    }
    const auto known =
        std::find_if(tracks_.begin(), tracks_.end(), [&](const auto &t) { return t.mline == i; });
    if (known != tracks_.end()) {
      if (media.rejected() || !media.direction().starts_with("send")) tracks_.erase(known);
    } else if (media.kind != "application" && !media.rejected() &&
               media.direction().starts_with("send")) {
      if (const auto accepted = accept_section(i, media); !accepted) return accepted.error();
    }
  }
  if (tracks_.empty() && !has_data_) return nothing_accepted();
  if (const auto listener = listener_.lock()) listener->reception_tracks_changed(*this);
  return true;
}

Error Reception::nothing_accepted() const {
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

void Reception::session_pad_added(Session &, GstPad *pad) {
  if (const auto listener = listener_.lock()) listener->reception_pad(pad);
  loop_.post(
      if_alive(weak_from_this(), [kept = share(pad)](Reception &self) { self.attach(kept); }));
}

void Reception::session_channel_added(Session &, const std::shared_ptr<DataChannel> &channel) {
  if (const auto listener = listener_.lock()) listener->reception_channel(*this, channel);
}

void Reception::attach(const Ref<GstPad> &pad) {
  const auto listener = listener_.lock();
  GstWebRTCRTPTransceiver *transceiver = nullptr;
  g_object_get(pad.get(), "transceiver", &transceiver, nullptr);
  const auto owned = adopt(transceiver);
  guint mline = G_MAXUINT;
  if (transceiver) g_object_get(transceiver, "mlineindex", &mline, nullptr);
  for (const auto &track : tracks_)
    if (track.mline == mline && listener) return listener->reception_media(*this, track, pad);
  RTC_WARNING("media of the unknown m= section %u", mline);
}

}  // namespace rtc
