// The other half of a call: what the viewer sends, and which ways media goes.
#include <algorithm>

#include "base/text.hpp"
#include "media/held_pad.hpp"
#include "session/rtp_extensions.hpp"
#include "session/viewer.hpp"

namespace rtc {

void Viewer::offer_to_receive() {
  for (const auto kind : {MediaKind::audio, MediaKind::video}) {
    auto caps = adopt(gst_caps_new_empty());
    for (const auto *codec : received_->accepted(kind)) {
      auto entry = rtp_caps(*codec, codec->payload_type, 0);
      add_extensions(entry.get(), RtpLayout{});
      gst_caps_append(caps.get(), entry.release());
    }
    if (gst_caps_is_empty(caps.get())) continue;
    GstWebRTCRTPTransceiver *transceiver = nullptr;
    g_signal_emit_by_name(session_->webrtcbin(), "add-transceiver",
                          GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps.get(), &transceiver);
    const auto owned = adopt(transceiver);
    if (kind == MediaKind::video) g_object_set(transceiver, "do-nack", TRUE, nullptr);
    pending_.push_back(nullptr);
  }
}

void Viewer::accept_received(const Sdp &sdp, bool answer) {
  for (size_t i = 0; i < sdp.media.size(); i++) {
    const auto &media = sdp.media[i];
    if (media.kind == "application" || media.rejected() || received_->find(i)) continue;
    if (const auto *track = track_of_mline(i)) {
      if (track->codec) received_->add(i, kind_of(media), *track->codec);
    } else if (!answer) {
      (void)received_->accept(session_->webrtcbin(), i, media);
    } else if (SdpCodec entry; const auto *codec = received_->choose(media, entry)) {
      received_->add(i, kind_of(media), *codec);
    }
  }
}

std::vector<ReceivedTrack> Viewer::received_tracks() const {
  std::vector<ReceivedTrack> result;
  if (!received_) return result;
  for (const auto &track : received_->list())
    if (directions_.other(track.mline).send) result.push_back(track);
  return result;
}

Way Viewer::way(size_t mline, const Track *track) const {
  const bool known = mline < directions_.sections();
  return {!held_ && track && !track->refused, !held_ && (!known || received_->find(mline))};
}

void Viewer::session_describes(Session &, Description &description) {
  const auto sdp = parse_sdp(description.sdp);
  if (!sdp) return;
  describe_parity(description, *sdp);
  if (!received_) return;
  const auto fresh = new_sections(*sdp);
  directions_.describe(description, *sdp, [&](size_t mline) {
    const auto found = fresh.find(mline);
    return way(mline, found == fresh.end() ? track_of_mline(mline) : found->second);
  });
}

bool Viewer::may_flow(const Track &track) const {
  if (!track.codec || paused_ || muted_.contains(track.input->kind())) return false;
  return !received_ || (!held_ && track.mline && directions_.other(*track.mline).receive);
}

void Viewer::hold(bool held) {
  if (std::exchange(held_, held) == held) return;
  (void)let_flow();
  const bool begun = !tracks_.empty() || sections_ > 0;
  if (begun) session_->negotiate();
}

void Viewer::mute(MediaKind kind, bool muted) {
  if (muted)
    muted_.insert(kind);
  else
    muted_.erase(kind);
  (void)let_flow();
}

// webrtcbin 1.22 counts its own names from the last offer it made, and so takes one again that was
// asked for to answer an offer.
std::string Viewer::pad_name(std::optional<size_t> mline) const {
  if (mline) return format("sink_%zu", *mline);
  return received_ ? format("sink_%zu", sections_ + pending_.size()) : "";
}

Result<bool> Viewer::share_section(size_t mline, const SdpMedia &media) {
  const auto at = mline - sections_;
  if (mline < sections_ || at >= pending_.size() || !pending_[at]) return false;
  const auto found = std::find_if(tracks_.begin(), tracks_.end(),
                                  [&](const auto &track) { return track.get() == pending_[at]; });
  auto &track = **found;
  for (const auto *codec : track.input->codecs())
    for (const auto &entry : media.codecs()) {
      if (codec_of_sdp(entry, track.input->kind()) != codec) continue;
      const auto caps = answer_caps(*track.input, *codec, media, entry.payload_type);
      g_object_set(track.transceiver.get(), "codec-preferences", caps.get(), nullptr);
      track.mline = mline;
      pending_[at] = nullptr;
      choose(track, *codec, media, entry.payload_type);
      return true;
    }
  return Error{Error::Kind::failed, "Both sides added different tracks in the same moment.",
               "m= section taken"};
}

void Viewer::session_pad_added(Session &, const Ref<GstPad> &pad) {
  if (const auto *track = received_ ? received_->track_of(pad.get()) : nullptr)
    return listener_.viewer_media(*this, *track, pad);
  discard(pad.get());
}

}  // namespace rtc
