// One viewer of what we publish: its session and, for every track, the outlet that feeds it. Knows
// which codec the viewer chose for each track and joins it to an encode group of that codec, of the
// rendition that it is told.
//
// Threads: the event loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "congestion/congestion_controller.hpp"
#include "data/data_feed.hpp"
#include "media/input.hpp"
#include "message/sdp.hpp"
#include "session/feedback.hpp"
#include "session/path_health.hpp"
#include "session/probe_run.hpp"
#include "session/session.hpp"

namespace rtc {

class Viewer : public Session::Listener, public std::enable_shared_from_this<Viewer> {
 public:
  struct Listener {
    virtual ~Listener() = default;
    virtual void viewer_sends(Viewer &viewer, const Message &message) = 0;
    virtual void viewer_connected(Viewer &viewer) = 0;
    virtual void viewer_path_changed(Viewer &viewer, const SelectedPair &path) = 0;
    // The path is lost; another session may take over.
    virtual void viewer_broken(Viewer &viewer) = 0;
    // The viewer is of no more use; the listener closes it.
    virtual void viewer_failed(Viewer &viewer, const Error &error) = 0;
    // One track cannot be shown to this viewer; the others go on.
    virtual void viewer_refused_track(Viewer &viewer, const Error &error) = 0;
    // What show() asked for is what the viewer gets from now on.
    virtual void viewer_changed_rendition(Viewer &viewer, const std::string &pad) = 0;
  };

  using Inputs = std::vector<std::shared_ptr<Input>>;
  using Feeds = std::vector<std::shared_ptr<DataFeed>>;

  static Result<std::shared_ptr<Viewer>> create(EventLoop &loop, std::shared_ptr<Reaper> reaper,
                                                Session::Settings settings, std::string peer,
                                                Listener &listener);

  // Offers all inputs and data feeds, or answers the viewer's own offer with those it asks for.
  void start(const Inputs &inputs, const Feeds &feeds, const std::optional<Description> &offer);
  void add_input(const std::shared_ptr<Input> &input);
  void remove_input(const std::shared_ptr<Input> &input);
  void add_feed(const std::shared_ptr<DataFeed> &feed);
  void remove_feed(const std::shared_ptr<DataFeed> &feed);
  void received(const Message &message) { session_->received(message); }
  // An offer of ours is with the viewer.
  bool awaits_answer() const { return session_->awaits_answer(); }
  void close();

  const std::string &id() const { return session_->id(); }
  const std::string &peer() const { return peer_; }
  Session &session() { return *session_; }
  bool connected() const { return session_->state() == Session::State::connected; }
  bool was_connected() const { return reported_connected_; }
  TimePoint since() const { return since_; }
  PathHealth health(bool orphaned) const;

  // Controls the rate from now on; before start(). `most`: bits per second of everything that is
  // sent when nothing holds it back. Where nothing can follow, the estimate is all there is of it.
  void control_rate(Bitrate most, bool follows);
  // What the path takes, bits per second; nothing without control or feedback.
  std::optional<Bitrate> rate(TimePoint now);
  Bitrate target() const { return controller_ ? controller_->target() : 0; }
  const std::optional<CongestionState> &congestion() const { return congestion_; }

  struct TrackInfo {
    std::string pad;
    const Codec *codec;  // null before it is negotiated
    Outlet::Counters counters;
    size_t rendition;  // asked for by show()
    double bandwidth;  // most that the viewer takes by its description, bits per second; 0: any
  };
  std::vector<TrackInfo> tracks() const;

  // The track of that pad gets this rendition, from its next keyframe on. `bitrate` is for an
  // encoder that has to be made.
  Result<bool> show(const std::string &pad, size_t rendition, unsigned bitrate);
  // Nothing is sent, and no encoder works for this viewer, until it resumes with a keyframe.
  void pause(bool paused);

 private:
  struct Track {
    std::shared_ptr<Input> input;
    std::shared_ptr<Outlet> outlet;
    Ref<GstPad> sink_pad;  // of webrtcbin
    Ref<GstWebRTCRTPTransceiver> transceiver;
    size_t mline = 0;
    const Codec *codec = nullptr;  // once negotiated
    bool refused = false;          // the viewer takes none of its codecs
    bool flowing = false;
    size_t rendition = 0;
    unsigned bitrate = 0;  // of an encoder to make
    double bandwidth = 0;  // see TrackInfo

    Input::Choice choice() const { return {codec, rendition}; }
  };

  struct Channel {
    std::shared_ptr<DataFeed> feed;
    std::shared_ptr<DataChannel> channel;
  };

  Viewer(EventLoop &loop, std::string peer, Listener &listener);

  void session_sends(Session &session, const Message &message) override;
  void session_changed(Session &session, Session::State state) override;
  void session_failed(Session &session, const Error &error) override;
  Result<bool> session_described(Session &session, const Description &description) override;
  void session_negotiated(Session &session) override;
  void session_path_changed(Session &session, const SelectedPair &pair) override;
  void session_pad_added(Session &session, GstPad *pad) override;
  void session_channel_added(Session &, const std::shared_ptr<DataChannel> &) override {}

  // All codecs the input can be sent in, as our offers name them; empty when there is none.
  static Ref<GstCaps> offered_codecs(const Input &input);
  void answer_track(size_t mline, const SdpMedia &media, Inputs &waiting);
  Result<Track *> add_track(const std::shared_ptr<Input> &input, const Ref<GstCaps> &codecs,
                            std::optional<size_t> mline);
  Result<bool> accept_answer(const Sdp &answer);
  Result<bool> accept_offer(const Sdp &offer);
  void choose(Track &track, const Codec &codec, const SdpMedia &media, int payload_type);
  // Joins the tracks to their groups once there is a connection; false when the viewer was given
  // up.
  bool let_flow();
  void drop(Track &track);
  void outlet_changed(const std::shared_ptr<Outlet> &outlet);
  void take_feedback(const GstStructure &event);
  // Sends a packet of the video again, for a probe; its size, 0: there is none.
  size_t repeat_packet();
  Track *track_of_mline(size_t mline);

  EventLoop &loop_;
  const std::string peer_;
  Listener &listener_;
  const TimePoint since_ = Clock::now();
  std::shared_ptr<Session> session_;
  void refuse_data();
  bool make_channel(const std::shared_ptr<DataFeed> &feed);
  // There is something that the viewer gets.
  bool is_served() const;

  Inputs offered_inputs_;  // what there is to answer an offer with
  std::vector<std::unique_ptr<Track>> tracks_;
  Feeds feeds_;
  std::vector<Channel> channels_;
  // The track whose outlet hears the feedback.
  const std::shared_ptr<std::atomic<const Track *>> listening_ =
      std::make_shared<std::atomic<const Track *>>(nullptr);
  size_t next_mline_ = 0;  // webrtcbin gives its offers a section per transceiver, in order
  bool reported_connected_ = false;
  bool paused_ = false;

  std::optional<CongestionController> controller_;
  Bitrate most_rate_ = 0;
  bool follows_ = true;
  std::optional<CongestionState> congestion_;
  FeedbackReader feedback_;
  ProbeRun probe_;
  bool fed_ = false;
  uint64_t counted_bytes_ = 0;
};

}  // namespace rtc
