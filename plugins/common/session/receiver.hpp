// Everything behind rtcsrc but GObject: finds the wanted stream, keeps one session with its
// publisher, and tells which tracks there are and when they end.
//
// Threads: made, used and destroyed on the event loop; Events::track_pad comes on a streaming
// thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/codec.hpp"
#include "message/sdp.hpp"
#include "session/connection.hpp"
#include "session/session.hpp"
#include "stats/stats.hpp"

namespace rtc {

struct ReceiverSettings {
  ConnectionSettings connection;
  std::string stream;  // name wanted; empty: by peer id, or the first there is
  std::string peer_id;
  std::vector<const Codec *>
      video_codecs;  // accepted, by preference; empty: what the publisher prefers
  std::vector<const Codec *> audio_codecs;
  unsigned latency = 200;    // ms
  unsigned max_bitrate = 0;  // bits per second, a hint to the publisher; 0: none
  bool wait_for_return = false;
};

class Receiver : public Signaler::Listener,
                 public Session::Listener,
                 public std::enable_shared_from_this<Receiver> {
 public:
  // One m= section that we receive.
  struct Track {
    size_t mline = 0;
    MediaKind kind = MediaKind::video;
    const Codec *codec = nullptr;
    unsigned index = 0;  // among the tracks of its kind
  };

  struct Events {
    virtual ~Events() = default;
    virtual void receiver_ready(const std::string &url) = 0;
    virtual void receiver_lost(const Error &error) = 0;
    virtual void receiver_failed(const Error &error) = 0;
    virtual void session_started(const std::string &session, const std::string &peer,
                                 GstElement *webrtcbin) = 0;
    // The tracks of the stream in effect, once per negotiation; those of before are among them.
    virtual void tracks_changed(const std::vector<Track> &tracks) = 0;
    // The media of a track, to be linked on the loop; `pad` is blocked by its owner until then. The
    // session's running time begins at `base_time`.
    virtual void track_media(const Track &track, GstElement *pipeline, const Ref<GstPad> &pad,
                             GstClockTime base_time) = 0;
    // Holds back what `pad` brings until track_media(); on a streaming thread.
    virtual void track_pad(GstPad *pad) = 0;
    // The stream is over; `final` when it is not waited for.
    virtual void session_ended(const std::string &session, const std::string &reason,
                               bool final) = 0;
  };

  Receiver(EventLoop &loop, ReceiverSettings settings, Events &events,
           std::shared_ptr<Reaper> reaper);
  ~Receiver() override;

  Result<bool> start();
  // The clock runs.
  void play(const Ref<GstClock> &clock, GstClockTime base_time);
  // The application wants no more: says goodbye and ends the stream for good.
  void leave();
  void get_stats(std::function<void(StructurePtr)> done);

 private:
  void ready(const IceServers &servers, const std::string &name) override;
  void peer_joined(const PeerId &peer, const PeerInfo &info) override;
  void session_requested(const SessionId &session, const PeerId &peer,
                         std::optional<Description> offer) override;
  void session_opened(const SessionId &session, const PeerId &peer) override;
  void received(const SessionId &session, Message message) override;
  void peer_left(const PeerId &peer) override;
  void lost(const Error &error) override;
  void failed(const Error &error) override;
  void refused(const Error &error) override;

  void session_sends(Session &session, const Message &message) override;
  void session_changed(Session &session, Session::State state) override;
  void session_failed(Session &session, const Error &error) override;
  Result<bool> session_described(Session &session, const Description &description) override;
  void session_negotiated(Session &session) override;
  void session_pad_added(Session &session, GstPad *pad) override;

  bool wanted(const PeerId &peer, const PeerInfo &info) const;
  void look_for_stream();
  Result<bool> begin(const SessionId &session, const PeerId &peer);
  const Codec *choose(const SdpMedia &media, MediaKind kind, SdpCodec &entry) const;
  Result<bool> accept_section(Session &session, size_t mline, const SdpMedia &media);
  void attach(const Ref<GstPad> &pad);
  // The publisher is done: what the jitter buffer holds is let out, then the stream ends.
  void end(const std::string &reason);
  // The connection is of no use any more; another is made while the publisher is there.
  void restart(const std::string &reason);
  void close_session();
  void watch();

  EventLoop &loop_;
  const ReceiverSettings settings_;
  Events &events_;
  const std::shared_ptr<Reaper> reaper_;
  std::unique_ptr<Connection> connection_;
  std::map<PeerId, PeerInfo> publishers_;
  IceServers ice_servers_;
  Ref<GstClock> clock_;
  GstClockTime base_time_ = 0;
  std::shared_ptr<Session> session_;
  PeerId peer_;  // asked or in session
  std::vector<Track> tracks_;
  std::vector<std::string> refusals_;
  bool signaling_ = false;
  // The session began over a signaling connection that is lost: its peer is not known by that id
  // any more, and only its media tells whether it is there.
  bool orphaned_ = false;
  bool finished_ = false;
  Timer watchdog_;
  Timer drain_;
  Timer retry_;
};

}  // namespace rtc
