#include "session/receiver.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {
constexpr auto watch_period = seconds(1);
constexpr auto connect_deadline = seconds(30);
// Without signaling nobody says goodbye: silence this long means that the publisher is gone.
constexpr auto silence_unsignaled = seconds(3);
constexpr auto silence_limit = seconds(10);
constexpr unsigned shortest_repair = 40;  // ms
constexpr auto retry_delay = seconds(1);
// After the jitter buffer's latency, what is still being depayloaded and decoded.
constexpr auto drain_margin = milliseconds(50);
}  // namespace

Receiver::Receiver(EventLoop &loop, ReceiverSettings settings, Events &events,
                   std::shared_ptr<Reaper> reaper)
    : loop_(loop), settings_(std::move(settings)), events_(events), reaper_(std::move(reaper)) {}

Receiver::~Receiver() {
  if (session_ && connection_) connection_->signaler().send(session_->id(), Bye{});
  close_session();
  if (connection_) connection_->signaler().stop();
}

Result<bool> Receiver::start() {
  auto opened = Connection::open(loop_, settings_.connection);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  Presence presence;
  presence.watches = true;
  connection_->signaler().start(*this, presence);
  watchdog_ = loop_.every(watch_period, [this] { watch(); });
  return true;
}

void Receiver::play(const Ref<GstClock> &clock, GstClockTime base_time) {
  clock_ = clock;
  base_time_ = base_time;
  look_for_stream();
}

void Receiver::ready(const IceServers &servers, const std::string &) {
  ice_servers_ = servers;
  signaling_ = true;
  connection_->ready();
  events_.receiver_ready(connection_->page_url());
  look_for_stream();
}

bool Receiver::wanted(const PeerId &peer, const PeerInfo &info) const {
  if (!info.publishes) return false;
  if (!settings_.peer_id.empty()) return peer == settings_.peer_id;
  return settings_.stream.empty() || info.name == settings_.stream;
}

void Receiver::peer_joined(const PeerId &peer, const PeerInfo &info) {
  publishers_[peer] = info;
  look_for_stream();
}

void Receiver::look_for_stream() {
  if (!clock_ || !signaling_ || finished_ || session_ || !peer_.empty() || retry_.active()) return;
  for (const auto &[peer, info] : publishers_) {
    if (!wanted(peer, info)) continue;
    peer_ = peer;
    return connection_->signaler().open(peer);
  }
}

// A peer that calls us although we called it not: publishers of other software may.
void Receiver::session_requested(const SessionId &session, const PeerId &peer,
                                 std::optional<Description> offer) {
  if (session_ || finished_ || !offer || !clock_)
    return connection_->signaler().send(session, Bye{"this peer does not take calls now"});
  peer_ = peer;
  if (const auto begun = begin(session, peer); begun) session_->received(*offer);
}

void Receiver::session_opened(const SessionId &session, const PeerId &peer) {
  if (peer != peer_ || session_) return connection_->signaler().send(session, Bye{});
  (void)begin(session, peer);
}

Result<bool> Receiver::begin(const SessionId &session, const PeerId &peer) {
  Session::Settings settings;
  settings.id = session;
  settings.ice.servers = ice_servers_;
  settings.latency = settings_.latency;
  settings.max_video_bitrate = settings_.max_bitrate;
  settings.clock = clock_;
  settings.base_time = base_time_;
  auto made = Session::create(loop_, reaper_, std::move(settings), weak_from_this());
  if (!made) {
    events_.receiver_failed(made.error());
    return made.error();
  }
  session_ = *made;
  tracks_.clear();
  events_.session_started(session, peer, session_->webrtcbin());
  session_->run();
  return true;
}

void Receiver::received(const SessionId &session, Message message) {
  if (!session_ || session_->id() != session) return;
  if (const auto *bye = std::get_if<Bye>(&message)) {
    if (session_->established())
      return end(bye->reason.empty() ? "the publisher ended the stream" : bye->reason);
    if (bye->reason.empty()) return restart("the publisher gave up the connection");
    const auto reason = bye->reason;
    close_session();
    return events_.receiver_failed(
        {Error::Kind::refused, "The publisher turned this viewer away: " + reason + ".", reason});
  }
  const auto keep = session_;
  keep->received(message);
}

void Receiver::peer_left(const PeerId &peer) {
  publishers_.erase(peer);
  if (peer != peer_ || orphaned_) return;
  if (session_ && session_->established()) return end("the publisher left");
  close_session();
  look_for_stream();
}

void Receiver::lost(const Error &error) {
  signaling_ = false;
  publishers_.clear();
  orphaned_ = bool(session_);
  if (!session_) peer_.clear();
  connection_->lost();
  events_.receiver_lost(error);
}

void Receiver::failed(const Error &error) { events_.receiver_failed(error); }

void Receiver::refused(const Error &error) {
  RTC_WARNING("%s", error.message.c_str());
  if (!session_) restart(error.message);
}

void Receiver::session_sends(Session &session, const Message &message) {
  connection_->signaler().send(session.id(), message);
}

void Receiver::session_changed(Session &session, Session::State state) {
  if (&session == session_.get() && state == Session::State::failed)
    restart("the connection failed");
}

void Receiver::session_failed(Session &session, const Error &error) {
  if (&session != session_.get()) return;
  connection_->signaler().send(session.id(), Bye{error.message});
  close_session();
  events_.receiver_failed(error);
}

const Codec *Receiver::choose(const SdpMedia &media, MediaKind kind, SdpCodec &entry) const {
  const auto offered = media.codecs();
  const auto &accepted = kind == MediaKind::video ? settings_.video_codecs : settings_.audio_codecs;
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

Result<bool> Receiver::accept_section(Session &session, size_t mline, const SdpMedia &media) {
  const auto kind = media.kind == "video" ? MediaKind::video : MediaKind::audio;
  SdpCodec entry;
  const auto *codec = media.direction().starts_with("send") ? choose(media, kind, entry) : nullptr;
  if (!codec && media.codecs().empty()) return true;
  if (!codec) entry = media.codecs().front();
  const auto caps = adopt(gst_caps_new_simple(
      "application/x-rtp", "media", G_TYPE_STRING, to_string(kind), "encoding-name", G_TYPE_STRING,
      codec ? codec->rtp_name : entry.name.c_str(), "clock-rate", G_TYPE_INT, entry.clock_rate,
      "payload", G_TYPE_INT, entry.payload_type, nullptr));
  GstWebRTCRTPTransceiver *transceiver = nullptr;
  g_signal_emit_by_name(session.webrtcbin(), "add-transceiver",
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
  const bool repairs = kind == MediaKind::video && settings_.latency >= shortest_repair;
  if (repairs) g_object_set(transceiver, "do-nack", TRUE, nullptr);
  const auto index =
      std::count_if(tracks_.begin(), tracks_.end(), [&](const auto &t) { return t.kind == kind; });
  tracks_.push_back({mline, kind, codec, static_cast<unsigned>(index)});
  return true;
}

Result<bool> Receiver::session_described(Session &session, const Description &description) {
  const auto sdp = parse_sdp(description.sdp);
  if (!sdp) return sdp.error();
  refusals_.clear();
  for (size_t i = 0; i < sdp->media.size(); i++) {
    const auto &media = sdp->media[i];
    const auto known =
        std::find_if(tracks_.begin(), tracks_.end(), [&](const auto &t) { return t.mline == i; });
    if (known != tracks_.end()) {
      if (media.rejected() || !media.direction().starts_with("send")) tracks_.erase(known);
    } else if (media.kind != "application" && !media.rejected() &&
               media.direction().starts_with("send")) {
      if (const auto accepted = accept_section(session, i, media); !accepted)
        return accepted.error();
    }
  }
  if (tracks_.empty())
    return Error{
        Error::Kind::refused,
        refusals_.empty()
            ? std::string("The publisher sends neither video nor audio.")
            : format("The publisher sends %s, none of which is accepted; set video-codecs and "
                     "audio-codecs, "
                     "or install the missing depayloaders (gstreamer1.0-plugins-good and -bad).",
                     join(refusals_, "; ").c_str()),
        "no track accepted"};
  events_.tracks_changed(tracks_);
  return true;
}

void Receiver::session_negotiated(Session &) {}

void Receiver::session_pad_added(Session &session, GstPad *pad) {
  events_.track_pad(pad);
  loop_.post([weak = weak_from_this(), id = session.id(), kept = share(pad)] {
    const auto self = weak.lock();
    if (self && self->session_ && self->session_->id() == id) self->attach(kept);
  });
}

void Receiver::attach(const Ref<GstPad> &pad) {
  GstWebRTCRTPTransceiver *transceiver = nullptr;
  g_object_get(pad.get(), "transceiver", &transceiver, nullptr);
  const auto owned = adopt(transceiver);
  guint mline = G_MAXUINT;
  if (transceiver) g_object_get(transceiver, "mlineindex", &mline, nullptr);
  for (const auto &track : tracks_)
    if (track.mline == mline)
      return events_.track_media(track, session_->pipeline(), pad, base_time_);
  RTC_WARNING("media of the unknown m= section %u", mline);
}

void Receiver::end(const std::string &reason) {
  if (drain_.active()) return;
  drain_ = loop_.after(milliseconds(settings_.latency) + drain_margin, [this, reason] {
    const auto id = session_ ? session_->id() : std::string();
    close_session();
    finished_ = !settings_.wait_for_return;
    events_.session_ended(id, reason, finished_);
    look_for_stream();
  });
}

void Receiver::leave() {
  if (std::exchange(finished_, true)) return;
  const auto id = session_ ? session_->id() : std::string();
  if (session_) connection_->signaler().send(id, Bye{});
  close_session();
  events_.session_ended(id, "left", true);
}

void Receiver::restart(const std::string &reason) {
  if (session_) {
    connection_->signaler().send(session_->id(), Bye{reason});
    events_.session_ended(session_->id(), reason, false);
  }
  close_session();
  retry_ = loop_.after(retry_delay, [this] {
    retry_.cancel();
    look_for_stream();
  });
}

void Receiver::close_session() {
  drain_.cancel();
  peer_.clear();
  orphaned_ = false;
  if (!session_) return;
  session_->close();
  // The caller may be a method of this session.
  loop_.post([session = std::move(session_)] {});
  session_ = nullptr;
}

void Receiver::watch() {
  if (!session_) return;
  const auto silence = Clock::now() - session_->last_received();
  if (session_->state() == Session::State::connecting) {
    if (silence > connect_deadline) restart("no connection was made within 30 s");
  } else if (orphaned_ && silence > silence_unsignaled) {
    const bool returned =
        std::any_of(publishers_.begin(), publishers_.end(),
                    [&](const auto &entry) { return wanted(entry.first, entry.second); });
    returned ? restart("the publisher connected anew")
             : end("the publisher and its server are gone");
  } else if (silence > silence_limit) {
    restart("nothing was received for 10 s");
  }
}

void Receiver::get_stats(std::function<void(StructurePtr)> done) {
  auto collector = std::make_shared<StatsCollector>(std::move(done));
  if (!session_) return;
  auto *entry =
      gst_structure_new("session", "peer", G_TYPE_STRING, peer_.c_str(), "connected",
                        G_TYPE_BOOLEAN, session_->state() == Session::State::connected, nullptr);
  session_->get_stats([collector, id = session_->id(), entry](StructurePtr stats) {
    collector->add_session(id, StructurePtr(entry), std::move(stats));
  });
}

}  // namespace rtc
