// Everything behind rtcsink but GObject: publishes inputs to any number of viewers through one
// signaler, and heals paths that break. The only place, with the receiver, that knows signalers and
// sessions.
//
// Threads: made, used and destroyed on the event loop, except Input's own streaming-thread methods.
// Events are reported on the loop, never under a lock.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "media/input.hpp"
#include "session/connection.hpp"
#include "session/rate_meter.hpp"
#include "session/rendition_choice.hpp"
#include "session/showing.hpp"
#include "session/viewer.hpp"

namespace rtc {

struct PublisherSettings {
  ConnectionSettings connection;
  std::string stream;
  bool stream_is_fixed = true;               // false: another name may be given when it is taken
  unsigned max_viewers = 0;                  // 0: no limit
  bool control_rate = true;                  // encoders follow what the viewers' paths take
  Protection protection = Protection::none;  // of video, by parity
  bool accept_data = false;      // viewers may make data channels though there is no feed
  bool viewers_control = false;  // each gets a control channel
  unsigned max_showings = 0;     // recordings for a peer alone; 0: all watch the inputs
  std::optional<ReceptionSettings> receive;  // calls, in which the viewers send, too
  EncodingSettings encoding;
};

class Publisher : public Signaler::Listener, public Viewer::Listener {
 public:
  struct Events {
    virtual ~Events() = default;
    virtual void publisher_ready(const std::string &url, const std::string &stream) = 0;
    virtual void publisher_lost(const Error &error) = 0;
    virtual void publisher_failed(const Error &error) = 0;
    virtual void publisher_warns(const std::string &session, const Error &error) = 0;
    virtual bool accept_viewer(const std::string &session, const std::string &peer) = 0;
    virtual void viewer_added(const std::string &session, const std::string &peer,
                              GstElement *webrtcbin, size_t viewers) = 0;
    virtual void viewer_started(const std::string &session, const std::string &peer) = 0;
    // ICE selected another way to the viewer.
    virtual void viewer_path_changed(const std::string &session, const std::string &peer,
                                     const SelectedPair &path) = 0;
    // The path to the viewer is broken and being replaced, by this webrtcbin; then, that it is
    // there again after `gap` without a sign of life.
    virtual void viewer_healing(const std::string &session, const std::string &peer,
                                const std::string &reason, GstElement *webrtcbin) = 0;
    virtual void viewer_healed(const std::string &session, const std::string &peer,
                               milliseconds gap) = 0;
    // The viewer writes, or may write, over this channel; false: nobody wants it.
    virtual bool viewer_channel(const std::string &session, const std::string &peer,
                                const std::shared_ptr<DataChannel> &channel) = 0;
    // Another rendition of that pad's video is on its way to the viewer.
    virtual void viewer_rendition(const std::string &session, const std::string &peer,
                                  const std::string &pad, const std::string &rendition,
                                  const std::string &reason) = 0;
    virtual void viewer_removed(const std::string &session, const std::string &peer,
                                const std::string &reason, size_t viewers) = 0;
    // The viewer's control channel is open; then, what it asks for: `answer` is called once, on any
    // thread, with words for the viewer when it was not done.
    virtual void viewer_may_control(const std::string &) {}
    virtual void viewer_requests(const std::string &, const std::string &, const ControlRequest &,
                                 const std::vector<ControlTarget> &,
                                 std::function<void(std::optional<std::string>)> answer) {
      answer("The publisher takes no requests.");
    }
    // What is shown to that peer alone; inputs_changed() is called when it is ready.
    virtual Result<std::shared_ptr<Showing>> showing_wanted(const std::string &,
                                                            const std::string &) {
      return Error{Error::Kind::refused, "there is nothing to show", "showing"};
    }
  };

  Publisher(EventLoop &loop, PublisherSettings settings, Events &events,
            std::shared_ptr<Reaper> reaper);
  ~Publisher() override;

  // Connects; an Error is final.
  Result<bool> start(Viewer::Inputs inputs, Viewer::Feeds feeds);
  // The clock runs: viewers can be served. Group time begins at `base_time`.
  void play(const Ref<GstClock> &clock, GstClockTime base_time);
  void add_input(const std::shared_ptr<Input> &input);
  void remove_input(const std::shared_ptr<Input> &input);
  void add_feed(const std::shared_ptr<DataFeed> &feed);
  void remove_feed(const std::shared_ptr<DataFeed> &feed);
  // Caps of an input became known; waiting viewers may be served now.
  virtual void inputs_changed();
  // An encoder of that input gave up: its viewers are told and let go, the others go on.
  void encoding_failed(const std::shared_ptr<Input> &input, const Input::Choice &choice,
                       const Error &error);
  // All inputs ended: says goodbye to every viewer and is no longer listed.
  virtual void finish();
  // A seek made ended inputs begin again: viewers are served as before.
  void resume() { finished_ = false; }

  // False when there is no such session.
  bool disconnect_viewer(const std::string &session, const std::string &reason);
  size_t viewers() const { return viewers_.size(); }
  // The rendition of that pad that the viewer gets, as listed or its size alone; empty: what its
  // path takes. An Error when there is no such session, pad or rendition.
  Result<bool> fix_rendition(const std::string &session, const std::string &pad,
                             const std::string &rendition);
  // The most that the viewer gets of that pad, pixels and bits per second; 0: any.
  Result<bool> limit_viewer(const std::string &session, const std::string &pad, unsigned max_height,
                            unsigned max_bitrate);
  // Nothing is sent to the viewer, and nothing encoded for it, until it is resumed.
  Result<bool> pause_viewer(const std::string &session, bool paused);
  // Over the control channel of every viewer that has one and sees that, which may be null: what
  // comes in.
  void tell_viewers(const std::string &text, const Showing *showing);
  // That session's own; null where it has none.
  std::shared_ptr<Showing> showing_of(const SessionId &session) const;
  // It cannot go on: the sessions that have it are ended.
  void end_showing(const Showing &showing, const std::string &reason);
  // Statistics of everything, `application/x-rtc-stats`; `done` comes on the loop.
  void get_stats(std::function<void(StructurePtr)> done);

 protected:
  struct Request {
    std::string peer;
    std::optional<Description> offer;
    std::vector<Message> early;  // candidates that came before the session was made
    std::shared_ptr<Showing> showing;
    bool takes_parity = false;
    TimePoint since = Clock::now();
  };
  // The rendition of one video track.
  struct TrackControl {
    RenditionChoice choice;
    std::set<size_t> unavailable;  // whose encoders cannot be made
    RateMeter sent;                // of what is passed through
  };
  // A viewer, and the session that is to take over when its path is broken.
  struct Seat {
    std::shared_ptr<Viewer> viewer;
    std::shared_ptr<Viewer> replacement;
    std::shared_ptr<Showing> showing;  // null: it gets what comes in
    bool takes_parity = false;
    bool orphaned = false;  // its signaling session is gone
    TimePoint next_attempt{};
    std::optional<TimePoint> broken_since;  // announced and not healed
    unsigned healed = 0;
    bool paused = false;
    std::map<std::string, TrackControl> controls;  // by pad
  };

  void ready(const IceServers &servers, const std::string &name) override;
  void session_requested(const SessionId &session, const PeerId &peer,
                         SessionRequest request) override;
  void received(const SessionId &session, Message message) override;
  void peer_joined(const PeerId &, const PeerInfo &) override {}
  void peer_left(const PeerId &peer, bool lost) override;
  void session_opened(const SessionId &, const PeerId &) override {}
  void lost(const Error &error) override;
  void refused(const Error &error) override;
  void viewer_connected(Viewer &viewer) override;
  void viewer_failed(Viewer &viewer, const Error &error) override;

  bool can_serve(const Showing *showing = nullptr) const;
  // `glare`: what happens when both sides offer; only where the viewer may offer.
  Result<std::shared_ptr<Viewer>> make_viewer(const SessionId &session, const PeerId &peer,
                                              Glare glare, const Viewer::Inputs &inputs);
  // A viewer of which nothing is known yet.
  virtual void viewer_made(Viewer &) {}
  // Makes it and its seat; null when it cannot be made, of which it tells.
  std::shared_ptr<Viewer> seat(const SessionId &session, const PeerId &peer, Glare glare,
                               const std::shared_ptr<Showing> &showing = nullptr);
  // Serves it now or when it is known what there is to send.
  void admit(const SessionId &session, Request request);
  void turn_away(const SessionId &session, const std::string &reason);
  void remove(const SessionId &session, const std::string &reason, bool tell_peer);
  virtual void removed(const SessionId &session, const PeerId &peer, const std::string &reason);
  // Offers the viewer another session beside the broken one, from time to time.
  virtual void heal(const SessionId &session, Seat &seat, const std::string &reason);
  virtual void end_predecessors(const Viewer &viewer);
  virtual void announce_healed(Viewer &viewer, Seat &seat);

  EventLoop &loop_;
  const PublisherSettings settings_;
  Events &events_;
  std::unique_ptr<Connection> connection_;
  Viewer::Inputs inputs_;
  Viewer::Feeds feeds_;
  std::map<SessionId, Request> waiting_;
  std::map<SessionId, Seat> viewers_;
  bool finished_ = false;
  Ref<GstClock> clock_;
  GstClockTime base_time_ = 0;

 private:
  // A video track of a connected viewer, while rates are given out.
  struct VideoTrack {
    SessionId session;
    std::shared_ptr<Viewer> viewer;
    std::shared_ptr<Input> input;
    Input::Choice choice;
    TrackControl *control;
    std::optional<double> estimate;   // what its path takes of it, bits per second
    std::optional<double> sustained;  // without what it takes to drain the queue on the path
    std::optional<double> contested;  // another flow keeps that queue: the highest estimate
    uint64_t bytes;                   // sent so far
  };
  // What the paths take that get the same thing.
  using Groups = std::map<std::pair<Input *, Input::Choice>, std::vector<double>>;

  void ice_servers_changed(const IceServers &servers) override;
  void failed(const Error &error) override;

  void viewer_sends(Viewer &viewer, const Message &message) override;
  void viewer_path_changed(Viewer &viewer, const SelectedPair &path) override;
  void viewer_broken(Viewer &viewer) override;
  void viewer_refused_track(Viewer &viewer, const Error &error) override;
  bool viewer_channel(Viewer &viewer, const std::shared_ptr<DataChannel> &channel) override;
  void viewer_changed_rendition(Viewer &viewer, const std::string &pad) override;
  void viewer_may_control(Viewer &viewer) override { events_.viewer_may_control(viewer.id()); }
  void viewer_requests(Viewer &viewer, const ControlRequest &request,
                       const std::vector<ControlTarget> &targets,
                       std::function<void(std::optional<std::string>)> answer) override {
    events_.viewer_requests(viewer.id(), viewer.peer(), request, targets, std::move(answer));
  }

  // To the viewers there are, once it is known what it brings.
  void offer(const std::shared_ptr<Input> &input);
  void serve(const SessionId &session, Request request);
  void retire(const std::shared_ptr<Viewer> &viewer);

  void watch();
  void watch_waiting();
  // The reason why this viewer is to go, or null.
  const char *watch_seat(const SessionId &session, Seat &seat);
  void take_over(Seat &seat);
  void give_up_replacement(Seat &seat);

  // The peer has one already; null.
  std::shared_ptr<Showing> showing(const PeerId &peer) const;
  size_t showings() const;
  // Null where nobody has one; an Error says why the peer gets none.
  Result<std::shared_ptr<Showing>> find_showing(const SessionId &session, const PeerId &peer);
  const Viewer::Inputs &inputs_of(const Showing *showing) const;
  Viewer::Inputs all_inputs() const;

  // There is video whose encoder could follow.
  static bool can_adapt(const Viewer::Inputs &inputs);
  static Bitrate nominal_rate(const Viewer::Inputs &inputs);
  std::shared_ptr<Input> input_of(const Seat &seat, const Viewer::TrackInfo &track) const;
  // What it takes of a path; 0 for video.
  Bitrate audio_rate(const Seat &seat, const Viewer::TrackInfo &track) const;
  void adapt_rates();
  void adapt_audio();
  static Bitrate limit_of(const Input &input, const TrackControl &control,
                          const Viewer::TrackInfo &track);
  std::vector<VideoTrack> video_tracks(TimePoint now);
  // Of `tracks`, by what they get now.
  Groups groups_of(const std::vector<VideoTrack> &tracks) const;
  void choose(VideoTrack &track, const Groups &groups, TimePoint now);
  void show(const VideoTrack &track, const Groups &groups);
  void tell_of_what_passes(const std::vector<VideoTrack> &tracks, TimePoint now);
  Result<std::pair<Seat *, std::shared_ptr<Input>>> find_track(const std::string &session,
                                                               const std::string &pad);
  std::string rendition_of(const Seat &seat, const Viewer::TrackInfo &track) const;

  const std::shared_ptr<Reaper> reaper_;
  Viewer::Inputs unoffered_;
  std::string name_;
  Timer watchdog_;
  Timer rate_timer_;
  std::set<std::string> told_of_passing_;  // pads
};

}  // namespace rtc
