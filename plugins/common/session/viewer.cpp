#include "session/viewer.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "session/rtp_extensions.hpp"

namespace rtc {

namespace {

constexpr Bitrate lowest_rate = 50000;
constexpr double retransmitted_part = 0.15;
constexpr double nearly_all = 0.95;

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
  return viewer;
}

Viewer::Viewer(EventLoop &loop, std::string peer, Listener &listener)
    : loop_(loop),
      peer_(std::move(peer)),
      listener_(listener),
      probe_(loop, [this] { return repeat_packet(); }) {}

void Viewer::start(const Inputs &inputs, const Feeds &feeds,
                   const std::optional<Description> &offer) {
  offered_inputs_ = inputs;
  feeds_ = feeds;
  session_->run();
  if (offer) return session_->received(*offer);
  for (const auto &input : inputs) {
    const auto codecs = offered_codecs(*input);
    if (gst_caps_is_empty(codecs.get())) {
      listener_.viewer_refused_track(*this, no_common_codec(*input));
    } else if (const auto added = add_track(input, codecs, {}); !added) {
      return listener_.viewer_failed(*this, added.error());
    }
  }
  for (const auto &feed : feeds) (void)make_channel(feed);
  if (tracks_.empty() && channels_.empty())
    return listener_.viewer_failed(
        *this, {Error::Kind::failed, "There is nothing that can be sent to the viewer.",
                "no track to offer"});
  session_->negotiate();
}

Ref<GstCaps> Viewer::offered_codecs(const Input &input) {
  auto codecs = adopt(gst_caps_new_empty());
  for (const auto *codec : input.codecs()) {
    auto caps = input.offer_caps(*codec);
    add_extensions(caps.get(), RtpLayout{});
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
  if (input->kind() == MediaKind::video)
    hooks.keyframe_leaves = [kept = session_->retransmissions()](guint ssrc, uint16_t first,
                                                                 size_t packets) {
      kept->keyframe(ssrc, first, packets, Clock::now());
    };
  // The feedback of a connection comes to all its tracks; one of them hears it.
  if (!*listening_) *listening_ = track.get();
  if (controller_)
    hooks.feedback = [&loop = loop_, weak = weak_from_this(), listening = listening_,
                      self = track.get()](const GstStructure &event) {
      if (*listening != self) return;
      const std::shared_ptr<GstStructure> copy(gst_structure_copy(&event), gst_structure_free);
      loop.post(if_alive(weak, [copy](Viewer &self) { self.take_feedback(*copy); }));
    };
  track->outlet = Outlet::create(input->kind(), std::move(hooks));
  track->mline = mline.value_or(next_mline_);
  next_mline_ = std::max(next_mline_, track->mline + 1);
  const auto pad_name = mline ? format("sink_%zu", *mline) : std::string();
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
  g_object_set(transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
               "codec-preferences", codecs.get(), nullptr);
  if (input->kind() == MediaKind::video) g_object_set(transceiver, "do-nack", TRUE, nullptr);
  tracks_.push_back(std::move(track));
  return tracks_.back().get();
}

void Viewer::add_input(const std::shared_ptr<Input> &input) {
  offered_inputs_.push_back(input);
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
    g_object_set(track->transceiver.get(), "direction",
                 GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_INACTIVE, nullptr);
    session_->negotiate();
  }
  std::erase_if(tracks_, [&](const auto &track) { return track->input == input; });
}

Result<bool> Viewer::session_described(Session &, const Description &description) {
  const auto sdp = parse_sdp(description.sdp);
  if (!sdp) return sdp.error();
  return description.type == Description::Type::answer ? accept_answer(*sdp) : accept_offer(*sdp);
}

Viewer::Track *Viewer::track_of_mline(size_t mline) {
  for (const auto &track : tracks_)
    if (track->mline == mline) return track.get();
  return nullptr;
}

Result<bool> Viewer::accept_answer(const Sdp &answer) {
  for (size_t i = 0; i < answer.media.size(); i++) {
    auto *track = track_of_mline(i);
    const auto &media = answer.media[i];
    if (track) track->bandwidth = media.bandwidth;
    if (!track || track->codec || track->refused) continue;
    const Codec *chosen = nullptr;
    if (!media.rejected() && media.direction() != "inactive") {
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
    if (media.kind == "application" && media.rejected()) refuse_data();
  if (!is_served())
    return Error{Error::Kind::refused,
                 "The viewer refused every track; see the warnings before for the codecs.",
                 "no track left"};
  return true;
}

Result<bool> Viewer::accept_offer(const Sdp &offer) {
  auto waiting = offered_inputs_;
  for (const auto &track : tracks_) std::erase(waiting, track->input);
  next_mline_ = std::max(next_mline_, offer.media.size());
  for (size_t i = 0; i < offer.media.size(); i++) {
    const auto &media = offer.media[i];
    const auto direction = media.direction();
    if (auto *track = track_of_mline(i)) track->bandwidth = media.bandwidth;
    if (media.kind == "application" && !media.rejected() && channels_.empty())
      for (const auto &feed : feeds_) (void)make_channel(feed);
    if (media.kind == "application" || media.rejected() || track_of_mline(i)) continue;
    if (direction == "recvonly" || direction == "sendrecv") answer_track(i, media, waiting);
  }
  if (tracks_.empty() && channels_.empty())
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
      // Only what identifies the format: the answer takes the rest from the offer.
      const auto caps = adopt(gst_caps_new_simple(
          "application/x-rtp", "media", G_TYPE_STRING, to_string(kind), "encoding-name",
          G_TYPE_STRING, codec->rtp_name, "clock-rate", G_TYPE_INT, codec->clock_rate, "payload",
          G_TYPE_INT, entry.payload_type, "ssrc", G_TYPE_UINT, input->ssrc(), nullptr));
      const auto added = add_track(input, caps, mline);
      if (!added) return listener_.viewer_refused_track(*this, added.error());
      return choose(**added, *codec, media, entry.payload_type);
    }
  }
  listener_.viewer_refused_track(*this, no_common_codec(*input));
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
  add_extensions(caps.get(), layout);
  track.outlet->set_caps(caps.get(), layout);
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
  const bool has_media =
      std::any_of(tracks_.begin(), tracks_.end(), [](const auto &t) { return t->codec; });
  return {session_->state() == Session::State::failed, orphaned,
          !has_media ? data_silence(silence) : silence};
}

void Viewer::control_rate(Bitrate most, bool follows) {
  follows_ = follows;
  // Begins at the top: on most paths that is right, and on the others a second tells.
  most_rate_ = most;
  controller_.emplace(CongestionLimits{lowest_rate, most, most});
}

void Viewer::take_feedback(const GstStructure &event) {
  fed_ = true;
  auto feedback = feedback_.read(event);
  probe_.mark(feedback);
  controller_->on_feedback(feedback, Clock::now());
}

size_t Viewer::repeat_packet() {
  std::optional<Outlet::Packet> largest;
  for (const auto &track : tracks_) {
    if (track->input->kind() != MediaKind::video) continue;
    const auto packet = track->outlet->largest_recent();
    if (packet && (!largest || packet->size > largest->size)) largest = packet;
  }
  if (!largest) return 0;
  session_->repeater().repeat(largest->ssrc, largest->sequence);
  return largest->size + packet_overhead;
}

std::optional<Bitrate> Viewer::rate(TimePoint now) {
  if (!controller_ || !fed_) return {};
  uint64_t bytes = 0;
  for (const auto &track : tracks_) bytes += track->outlet->counters().bytes;
  if (bytes > counted_bytes_) {
    SentPacket packet;
    packet.sent = now;
    packet.size = static_cast<size_t>(bytes - std::exchange(counted_bytes_, bytes));
    controller_->sent(packet, now);
  }
  const auto decision = controller_->tick(now);
  congestion_ = decision.state;
  if (!follows_) return decision.target;
  if (decision.probe) probe_.start(*decision.probe, now);
  // A path that takes everything needs no pacing, which wakes a worker for every few packets.
  const auto pace = decision.target < most_rate_ * nearly_all ? decision.pacing : 0;
  for (const auto &track : tracks_)
    if (track->input->kind() == MediaKind::video) track->outlet->pace(pace);
  // What the path loses by itself has to be sent again, and some of that again.
  const auto part = retransmitted_part + 2 * decision.state.inherent;
  session_->retransmissions()->limit(std::max(decision.target * part, lowest_rate),
                                     decision.state.rtt);
  return decision.target;
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

void Viewer::session_pad_added(Session &, GstPad *) {}

void Viewer::drop(Track &track) {
  track.input->remove(track.outlet);
  track.outlet->close();
  if (*listening_ != &track) return;
  const auto next = std::find_if(tracks_.begin(), tracks_.end(), [&](const auto &other) {
    return other.get() != &track && !other->refused;
  });
  *listening_ = next == tracks_.end() ? nullptr : next->get();
}

void Viewer::close() {
  for (const auto &track : tracks_) drop(*track);
  for (const auto &[feed, channel] : channels_) feed->detach(id(), channel);
  session_->close();
}

std::vector<Viewer::TrackInfo> Viewer::tracks() const {
  std::vector<TrackInfo> result;
  for (const auto &track : tracks_)
    result.push_back({track->input->pad(), track->codec, track->outlet->counters(),
                      track->rendition, track->bandwidth});
  return result;
}

}  // namespace rtc
