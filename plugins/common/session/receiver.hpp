// Everything behind rtcsrc but GObject: finds the wanted stream, keeps one session with its
// publisher, replaces it when its path breaks, and tells which tracks there are and when they end.
//
// A session that is to take over is made beside the one that is broken, which goes on: whichever
// brings media first is kept, so that a network that comes back is used at once.
//
// Threads: made, used and destroyed on the event loop.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "session/connection.hpp"
#include "session/reception.hpp"
#include "stats/stats.hpp"

namespace rtc {

struct ReceiverSettings : ReceptionSettings {
  ConnectionSettings connection;
  std::string stream;  // name wanted; empty: by peer id, or the first there is
  std::string peer_id;
  bool wait_for_return = false;
};

class Receiver : public Signaler::Listener,
                 public Reception::Listener,
                 public std::enable_shared_from_this<Receiver> {
 public:
  using Track = ReceivedTrack;

  struct Events {
    virtual ~Events() = default;
    virtual void receiver_ready(const std::string &url) = 0;
    virtual void receiver_lost(const Error &error) = 0;
    virtual void receiver_failed(const Error &error) = 0;
    virtual void receiver_warns(const Error &error) = 0;
    // A connection is being made; `heals` when it is to replace one.
    virtual void session_started(const std::string &session, const std::string &peer,
                                 GstElement *webrtcbin, bool heals) = 0;
    // ICE selected another way to the publisher.
    virtual void path_changed(const std::string &session, const SelectedPair &path) = 0;
    // The path is broken and being replaced; then, that media comes again after `gap` without any.
    virtual void healing(const std::string &session, const std::string &reason) = 0;
    virtual void healed(const std::string &session, milliseconds gap) = 0;
    // The tracks of the stream in effect and the labels of its data channels as far as they were
    // announced, once per negotiation; those of before are among them.
    virtual void tracks_changed(const std::vector<Track> &tracks,
                                const std::vector<std::string> &channels) = 0;
    // The publisher writes, or may write, over this channel; one of before with that label is
    // replaced. False: nobody wants it.
    virtual bool channel_opened(const std::string &peer,
                                const std::shared_ptr<DataChannel> &channel) = 0;
    // The media of a track, to be linked on the loop; `pad` is held back until then. The
    // session's running time begins at `base_time`.
    virtual void track_media(const Track &track, GstElement *pipeline, const Ref<GstPad> &pad,
                             GstClockTime base_time) = 0;
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
  // What the application sends to the publisher.
  void add_feed(const std::shared_ptr<DataFeed> &feed);
  void remove_feed(const std::shared_ptr<DataFeed> &feed);
  // The application wants no more: says goodbye and ends the stream for good.
  void leave();
  void get_stats(std::function<void(StructurePtr)> done);

 private:
  using ReceptionPtr = std::shared_ptr<Reception>;

  void ready(const IceServers &servers, const std::string &name) override;
  void peer_joined(const PeerId &peer, const PeerInfo &info) override;
  void session_requested(const SessionId &session, const PeerId &peer,
                         SessionRequest request) override;
  void session_opened(const SessionId &session, const PeerId &peer) override;
  void received(const SessionId &session, Message message) override;
  void ice_servers_changed(const IceServers &servers) override;
  void peer_left(const PeerId &peer, bool lost) override;
  void lost(const Error &error) override;
  void failed(const Error &error) override;
  void refused(const Error &error) override;

  void reception_sends(Reception &reception, const Message &message) override;
  void reception_changed(Reception &reception, Session::State state) override;
  void reception_failed(Reception &reception, const Error &error) override;
  void reception_path_changed(Reception &reception, const SelectedPair &path) override;
  void reception_tracks_changed(Reception &reception) override;
  void reception_media(Reception &reception, const Track &track, const Ref<GstPad> &pad) override;
  bool reception_channel(Reception &reception,
                         const std::shared_ptr<DataChannel> &channel) override;
  void reception_refuses(Reception &, const Error &error) override {
    // What is set is wrong with every publisher.
    error.kind == Error::Kind::settings ? events_.receiver_failed(error)
                                        : events_.receiver_warns(error);
  }

  bool wanted(const PeerId &peer, const PeerInfo &info) const;
  std::optional<PeerId> find_publisher() const;
  void look_for_stream();
  void join(const std::shared_ptr<DataFeed> &feed, Reception &reception, const PeerId &peer);
  // The session that was to take over is given up: data comes back to the other one.
  void give_up_replacement(const std::string &reason);
  ReceptionPtr make_reception(const SessionId &session, const PeerId &peer);
  void said_goodbye(const SessionId &session, const Bye &bye);
  // The publisher is done: what the jitter buffer holds is let out, then the stream ends.
  void end(const std::string &reason);
  // No connection came about; another is made while the publisher is there.
  void restart(const std::string &reason);
  void close_session();
  void close(ReceptionPtr &reception, const std::string &reason);

  void watch();
  void watch_replacement();
  void announce_healing(const std::string &reason);
  void recovered();
  // Asks the publisher for another session beside the broken one, from time to time.
  void heal(const PeerId &publisher, const std::string &reason);
  void begin_replacement(const SessionId &session, const PeerId &peer, const std::string &reason);
  void take_over();

  EventLoop &loop_;
  const ReceiverSettings settings_;
  Events &events_;
  const std::shared_ptr<Reaper> reaper_;
  std::unique_ptr<Connection> connection_;
  std::map<PeerId, PeerInfo> publishers_;
  std::vector<std::shared_ptr<DataFeed>> feeds_;
  Ref<GstClock> clock_;
  GstClockTime base_time_ = 0;
  ReceptionPtr current_;
  PeerId peer_;  // asked or in session
  bool signaling_ = false;
  bool finished_ = false;
  // The session began over a signaling connection that is lost, ours or the publisher's: only its
  // media tells whether the publisher is there.
  bool orphaned_ = false;
  bool ended_ = false;  // the publisher let go of the session that is being replaced
  // The server ended the connection, rather than the network: it and a publisher in the same
  // process may be gone for good.
  bool server_ended_ = false;

  ReceptionPtr next_;  // is to take over
  PeerId next_peer_;   // asked for it, or in session
  TimePoint next_attempt_{};
  std::optional<TimePoint> broken_since_;  // announced and not healed
  unsigned healed_ = 0;

  Timer watchdog_;
  Timer drain_;
  Timer retry_;
};

}  // namespace rtc
