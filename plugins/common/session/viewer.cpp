#include "session/viewer.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "session/rtp_extensions.hpp"

namespace rtc {

namespace {

// Nothing to offer: the elements that would help, by codec.
Error no_codec_installed(const Input &input) {
  return {Error::Kind::missing_element,
          format("%s cannot be sent: none of its codecs can be encoded and packed here. Install "
                 "one of: %s "
                 "(gstreamer1.0-plugins-good, -bad, -ugly).",
                 input.pad().c_str(), input.missing_elements().c_str()),
          "no encoder or payloader"};
}

Error no_common_codec(const Input &input) {
  std::vector<std::string> names;
  for (const auto *codec : input.codecs()) names.emplace_back(codec->name);
  if (names.empty()) return no_codec_installed(input);
  return {
      Error::Kind::refused,
      format("The viewer takes none of the codecs that %s can be sent in (%s); publish another one "
             "or raw media.",
             input.pad().c_str(), join(names, ", ").c_str()),
      "no common codec"};
}

}  // namespace

Result<std::shared_ptr<Viewer>> Viewer::create(EventLoop &loop, std::shared_ptr<Reaper> reaper,
                                               Session::Settings settings, std::string peer,
                                               Listener &listener) {
  auto viewer = std::shared_ptr<Viewer>(new Viewer(loop, std::move(peer), listener));
  auto session = Session::create(loop, std::move(reaper), std::move(settings), viewer);
  if (!session) return session.error();
  viewer->session_ = *session;
  viewer->channels_ = viewer->make_session_channels();
  return viewer;
}

Viewer::Viewer(EventLoop &loop, std::string peer, Listener &listener)
    : loop_(loop),
      peer_(std::move(peer)),
      listener_(listener),
      probe_(loop, [this] { return repeat_packet(); }) {}

void Viewer::await(const Inputs &inputs, const Feeds &feeds) {
  offered_inputs_ = inputs;
  feeds_ = feeds;
  session_->run();
}

void Viewer::start(const Inputs &inputs, const Feeds &feeds,
                   const std::optional<Description> &offer) {
  await(inputs, feeds);
  if (offer) return session_->received(*offer);
  for (const auto &input : inputs) {
    const auto codecs = offered_codecs(*input);
    if (gst_caps_is_empty(codecs.get())) {
      listener_.viewer_refused_track(*this, no_common_codec(*input));
    } else if (const auto added = add_track(input, codecs, {}); !added) {
      return listener_.viewer_failed(*this, added.error());
    }
  }
  make_channels();
  make_control();
  if (tracks_.empty() && received_) offer_to_receive();
  if (tracks_.empty() && channels_->empty() && !received_)
    return listener_.viewer_failed(
        *this, {Error::Kind::failed, "There is nothing that can be sent to the viewer.",
                "no track to offer"});
  session_->negotiate();
}

Ref<GstCaps> Viewer::offered_codecs(const Input &input) const {
  auto codecs = adopt(gst_caps_new_empty());
  for (const auto *codec : input.codecs()) {
    auto caps = input.offer_caps(*codec);
    add_extensions(caps.get(), extensions_);
    gst_caps_append(codecs.get(), caps.release());
  }
  return codecs;
}

Result<Viewer::Track *> Viewer::add_track(const std::shared_ptr<Input> &input,
                                          const Ref<GstCaps> &codecs, std::optional<size_t> mline) {
  auto track = std::make_unique<Track>();
  track->input = input;
  // What comes back from the viewer comes on webrtcbin's threads.
  Outlet::Hooks hooks;
  hooks.keyframe_wanted = [&loop = loop_, weak = std::weak_ptr(input)](const auto &outlet) {
    loop.post(if_alive(weak, [outlet](Input &self) { self.refresh(outlet); }));
  };
  hooks.changed = [&loop = loop_, weak = weak_from_this()](const auto &outlet) {
    loop.post(if_alive(weak, [outlet](Viewer &self) { self.outlet_changed(outlet); }));
  };
  hooks.frame_leaves = [&loop = loop_, weak = weak_from_this(), pad = input->pad()] {
    loop.post(if_alive(weak, [pad](Viewer &self) { self.frame_left(pad); }));
  };
  if (input->kind() == MediaKind::video)
    hooks.keyframe_leaves = [kept = session_->retransmissions()](guint ssrc, uint16_t first,
                                                                 size_t packets) {
      kept->keyframe(ssrc, first, packets, Clock::now());
    };
  track->outlet = Outlet::create(input->kind(), std::move(hooks));
  track->mline = mline;
  const auto pad_name = this->pad_name(mline);
  auto *webrtcbin = session_->webrtcbin();
  auto *pad_template = gst_element_get_pad_template(webrtcbin, "sink_%u");
  track->sink_pad = adopt(gst_element_request_pad(
      webrtcbin, pad_template, pad_name.empty() ? nullptr : pad_name.c_str(), codecs.get()));
  if (!track->sink_pad ||
      gst_pad_link(track->outlet->pad(), track->sink_pad.get()) != GST_PAD_LINK_OK)
    return Error{Error::Kind::failed, "A track could not be added to the connection.",
                 "webrtcbin sink pad"};
  GstWebRTCRTPTransceiver *transceiver = nullptr;
  g_object_get(track->sink_pad.get(), "transceiver", &transceiver, nullptr);
  track->transceiver = adopt(transceiver);
  g_object_set(transceiver, "direction",
               received_ ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDRECV
                         : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
               "codec-preferences", codecs.get(), nullptr);
  if (input->kind() == MediaKind::video) {
    g_object_set(transceiver, "do-nack", TRUE, nullptr);
    if (parity_ && (mline || offers_parity_)) track->fec.ssrc = g_random_int();
  }
  if (!mline) pending_.push_back(track.get());
  tracks_.push_back(std::move(track));
  return tracks_.back().get();
}

void Viewer::add_input(const std::shared_ptr<Input> &input) {
  offered_inputs_.push_back(input);
  offer(input);
}

void Viewer::offer(const std::shared_ptr<Input> &input) {
  const auto codecs = offered_codecs(*input);
  if (gst_caps_is_empty(codecs.get()))
    return listener_.viewer_refused_track(*this, no_common_codec(*input));
  if (const auto added = add_track(input, codecs, {}); !added)
    return listener_.viewer_refused_track(*this, added.error());
  session_->negotiate();
}

void Viewer::remove_input(const std::shared_ptr<Input> &input) {
  std::erase(offered_inputs_, input);
  for (const auto &track : tracks_) {
    if (track->input != input) continue;
    drop(*track);
    std::replace(pending_.begin(), pending_.end(), static_cast<const Track *>(track.get()),
                 static_cast<const Track *>(nullptr));
    // In a call the viewer may still send there.
    if (!received_)
      g_object_set(track->transceiver.get(), "direction",
                   GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_INACTIVE, nullptr);
    session_->negotiate();
  }
  std::erase_if(tracks_, [&](const auto &track) { return track->input == input; });
}

Result<bool> Viewer::session_described(Session &, Description &description) {
  const auto sdp = parse_sdp(description.sdp);
  if (!sdp) return sdp.error();
  if (received_) directions_.received(description, *sdp);
  const bool answer = description.type == Description::Type::answer;
  if (!answer && std::any_of(sdp->media.begin(), sdp->media.end(), parity_type)) offer_parity();
  auto accepted = answer ? accept_answer(*sdp) : accept_offer(*sdp);
  sections_ = sdp->media.size();
  if (!accepted || !received_) return accepted;
  (void)let_flow();
  listener_.viewer_tracks_changed(*this);
  return accepted;
}

std::map<size_t, const Viewer::Track *> Viewer::new_sections(const Sdp &sdp) const {
  std::map<size_t, const Track *> result;
  size_t next = 0;
  for (size_t i = sections_; i < sdp.media.size() && next < pending_.size(); i++)
    if (sdp.media[i].kind != "application") result[i] = pending_[next++];
  return result;
}

void Viewer::assign_sections(const Sdp &answer) {
  const auto sections = new_sections(answer);
  for (const auto &[mline, taken] : sections)
    for (const auto &track : tracks_)
      if (track.get() == taken) track->mline = mline;
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(sections.size()));
}

Viewer::Track *Viewer::track_of_mline(size_t mline) const {
  for (const auto &track : tracks_)
    if (track->mline == mline) return track.get();
  return nullptr;
}

Result<bool> Viewer::accept_answer(const Sdp &answer) {
  assign_sections(answer);
  for (size_t i = 0; i < answer.media.size(); i++) {
    auto *track = track_of_mline(i);
    const auto &media = answer.media[i];
    if (track) track->bandwidth = media.bandwidth;
    if (!track || track->codec || track->refused) continue;
    const Codec *chosen = nullptr;
    if (!media.rejected() && (media.direction() != "inactive" || received_)) {
      const auto possible = track->input->codecs();
      for (const auto &entry : media.codecs()) {
        const auto *codec = codec_of_sdp(entry, track->input->kind());
        if (!codec || std::find(possible.begin(), possible.end(), codec) == possible.end())
          continue;
        choose(*track, *codec, media, entry.payload_type);
        chosen = codec;
        break;
      }
    }
    if (!chosen) {
      track->refused = true;
      listener_.viewer_refused_track(*this, no_common_codec(*track->input));
      drop(*track);
    }
  }
  for (const auto &media : answer.media)
    if (media.kind == "application" && media.rejected()) channels_->refuse();
  if (received_) accept_received(answer, true);
  if (!is_served())
    return Error{Error::Kind::refused,
                 "The viewer refused every track; see the warnings before for the codecs.",
                 "no track left"};
  return true;
}

Result<bool> Viewer::check_sections(const Sdp &offer) {
  const Error changed{Error::Kind::protocol,
                      "The viewer's offer does not continue the one before it, or has a section "
                      "that was never used; it has to connect anew.",
                      "m= sections changed"};
  if (offer.media.size() < sections_) return changed;
  for (size_t i = 0; i < offer.media.size(); i++) {
    const auto &media = offer.media[i];
    const auto name = media.kind + " " + media.attribute("mid").value_or("");
    if (i < section_names_.size() && !section_names_[i].empty() && section_names_[i] != name)
      return changed;
    if (i >= sections_ && media.rejected()) return changed;
    section_names_.resize(std::max(section_names_.size(), i + 1));
    section_names_[i] = name;
  }
  return true;
}

Result<bool> Viewer::accept_offer(const Sdp &offer) {
  if (const auto sound = check_sections(offer); !sound) return sound;
  auto waiting = offered_inputs_;
  for (const auto &track : tracks_) std::erase(waiting, track->input);
  for (size_t i = 0; i < offer.media.size(); i++) {
    const auto &media = offer.media[i];
    const auto direction = media.direction();
    if (auto *track = track_of_mline(i)) track->bandwidth = media.bandwidth;
    if (media.kind == "application" && !media.rejected()) {
      may_bring_data_ = accepts_data_;
      if (channels_->empty())
        for (const auto &feed : feeds_) (void)make_channel(feed);
      make_control();
      // Without a channel of our own webrtcbin 1.22 leaves the section out of our next offer.
      if (received_) channels_->make_room();
    }
    if (media.kind == "application" || media.rejected() || track_of_mline(i)) continue;
    if (const auto shared = share_section(i, media); !shared) return shared;
    if (track_of_mline(i)) continue;
    if (direction == "recvonly" || direction == "sendrecv") answer_track(i, media, waiting);
  }
  if (received_) {
    accept_received(offer, false);
    // What the viewer does not ask for is offered by us, in sections of its own.
    sections_ = std::max(sections_, offer.media.size());
    for (const auto &input : waiting) this->offer(input);
  }
  if (tracks_.empty() && channels_->empty() && !may_bring_data_ && !received_)
    return Error{Error::Kind::refused,
                 "The viewer's offer asks for nothing that is published here.", "no track matched"};
  return true;
}

void Viewer::answer_track(size_t mline, const SdpMedia &media, Inputs &waiting) {
  const auto kind = media.kind == "video" ? MediaKind::video : MediaKind::audio;
  const auto found = std::find_if(waiting.begin(), waiting.end(),
                                  [&](const auto &input) { return input->kind() == kind; });
  if (found == waiting.end()) return;
  const auto input = *found;
  waiting.erase(found);
  for (const auto *codec : input->codecs()) {
    for (const auto &entry : media.codecs()) {
      if (codec_of_sdp(entry, kind) != codec) continue;
      const auto caps = answer_caps(*input, *codec, media, entry.payload_type);
      const auto added = add_track(input, caps, mline);
      if (!added) return listener_.viewer_refused_track(*this, added.error());
      return choose(**added, *codec, media, entry.payload_type);
    }
  }
  listener_.viewer_refused_track(*this, no_common_codec(*input));
}

// What identifies the format, and the extensions; the answer takes the rest from the offer.
Ref<GstCaps> Viewer::answer_caps(const Input &input, const Codec &codec, const SdpMedia &media,
                                 int payload_type) {
  auto caps = adopt(gst_caps_new_simple(
      "application/x-rtp", "media", G_TYPE_STRING, to_string(input.kind()), "encoding-name",
      G_TYPE_STRING, codec.rtp_name, "clock-rate", G_TYPE_INT, codec.clock_rate, "payload",
      G_TYPE_INT, payload_type, "ssrc", G_TYPE_UINT, input.ssrc(), nullptr));
  add_extensions(caps.get(), layout_of(media, payload_type));
  return caps;
}

void Viewer::choose(Track &track, const Codec &codec, const SdpMedia &media, int payload_type) {
  track.codec = &codec;
  track.bandwidth = media.bandwidth;
  const auto layout = layout_of(media, payload_type);
  auto caps = rtp_caps(codec, payload_type, track.input->ssrc());
  if (const auto offered = track.input->offer_caps(codec))
    if (const auto *id =
            gst_structure_get_string(gst_caps_get_structure(offered.get(), 0), "profile-level-id"))
      gst_caps_set_simple(caps.get(), "profile-level-id", G_TYPE_STRING, id, nullptr);
  // Without the extensions: see TransportWide.
  if (layout.transport_cc_id) {
    extensions_ = layout;
    session_->transport().negotiated(layout.transport_cc_id);
  }
  if (track.fec.ssrc) track.fec.payload_type = static_cast<uint8_t>(parity_type(media));
  track.outlet->set_caps(caps.get(), layout, track.fec);
  if (parity_) track.outlet->protect(parity_->part());
  keep_times();
  RTC_INFO("%s: %s as %s, payload type %d", session_->id().c_str(), track.input->pad().c_str(),
           codec.name, payload_type);
}

void Viewer::session_changed(Session &, Session::State state) {
  const auto keep = shared_from_this();
  if (state == Session::State::failed && reported_connected_) return listener_.viewer_broken(*this);
  if (state == Session::State::failed)
    return listener_.viewer_failed(
        *this, {Error::Kind::failed,
                "No network path to the viewer was found; behind NAT both sides may need a TURN "
                "server (ice-servers).",
                "ICE or DTLS failed"});
  if (state != Session::State::connected) return;
  if (let_flow() && !std::exchange(reported_connected_, true)) listener_.viewer_connected(*this);
}

PathHealth Viewer::health(bool orphaned) const {
  const auto silence =
      std::chrono::duration_cast<milliseconds>(Clock::now() - session_->last_received());
  const bool sends = std::any_of(tracks_.begin(), tracks_.end(), [&](const auto &t) {
    return t->codec && (!received_ || may_flow(*t));
  });
  // A call on hold may be as silent as data.
  const bool has_media = sends || (!held_ && !received_tracks().empty());
  return {broken_ || session_->state() == Session::State::failed, orphaned,
          !has_media ? data_silence(silence) : silence};
}

void Viewer::session_negotiated(Session &) { (void)let_flow(); }

void Viewer::session_sends(Session &, const Message &message) {
  listener_.viewer_sends(*this, message);
}

void Viewer::session_failed(Session &, const Error &error) {
  listener_.viewer_failed(*this, error);
}

void Viewer::session_path_changed(Session &, const SelectedPair &pair) {
  listener_.viewer_path_changed(*this, pair);
}

void Viewer::drop(Track &track) {
  track.input->remove(track.outlet);
  track.outlet->close();
}

void Viewer::close() {
  for (const auto &track : tracks_) drop(*track);
  channels_->close();
  control_.reset();
  session_->close();
}

}  // namespace rtc
