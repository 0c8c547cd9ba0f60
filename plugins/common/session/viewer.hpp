// One viewer of what we publish: its session and, for every track, the outlet that feeds it. Knows
// which codec the viewer chose for each track and joins it to an encode group of that codec, of the
// rendition that it is told. In a call the viewer sends, too, on the same m= sections.
//
// Threads: the event loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "congestion/congestion_controller.hpp"
#include "congestion/protection.hpp"
#include "control/control_protocol.hpp"
#include "data/data_feed.hpp"
#include "media/input.hpp"
#include "message/sdp.hpp"
#include "session/directions.hpp"
#include "session/feedback.hpp"
#include "session/path_health.hpp"
#include "session/probe_run.hpp"
#include "session/received_tracks.hpp"
#include "session/session.hpp"
#include "session/session_channels.hpp"

namespace rtc {

// A pad that a request of the viewer is about, and what makes the coordinates of its video those of
// the pad's.
struct ControlTarget {
  std::string pad;
  bool video = false;
  double scale_x = 1;
  double scale_y = 1;
};

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
    // The viewer writes, or may write, over this channel; false: nobody wants it.
    virtual bool viewer_channel(Viewer &viewer, const std::shared_ptr<DataChannel> &channel) = 0;
    // What show() asked for is what the viewer gets from now on.
    virtual void viewer_changed_rendition(Viewer &viewer, const std::string &pad) = 0;
    // In a call: what the viewer sends has changed; media of one of these tracks, held back.
    virtual void viewer_tracks_changed(Viewer &) {}
    virtual void viewer_media(Viewer &, const ReceivedTrack &, const Ref<GstPad> &) {}
    // Its control channel is open.
    virtual void viewer_may_control(Viewer &viewer) = 0;
    // `answer` is called once, on any thread; with words when it was not carried out.
    virtual void viewer_requests(Viewer &viewer, const ControlRequest &request,
                                 const std::vector<ControlTarget> &targets,
                                 std::function<void(std::optional<std::string>)> answer) = 0;
  };

  using Inputs = std::vector<std::shared_ptr<Input>>;
  using Feeds = std::vector<std::shared_ptr<DataFeed>>;

  static Result<std::shared_ptr<Viewer>> create(EventLoop &loop, std::shared_ptr<Reaper> reaper,
                                                Session::Settings settings, std::string peer,
                                                Listener &listener);

  // What the viewer sends is received, too; before start().
  void receive(const ReceptionSettings &wanted) { received_.emplace(wanted); }
  // The viewer may make data channels though there is no feed; before start().
  void accept_data() { accepts_data_ = true; }
  // Parity goes beside the video where the viewer takes it: its offer has room for it, or its
  // request said so; before start().
  void protect(Protection protection) { parity_.emplace(protection); }
  void offer_parity() { offers_parity_ = true; }
  // Offers all inputs and data feeds, or answers the viewer's own offer with those it asks for.
  void start(const Inputs &inputs, const Feeds &feeds, const std::optional<Description> &offer);
  void add_input(const std::shared_ptr<Input> &input);
  void remove_input(const std::shared_ptr<Input> &input);
  void add_feed(const std::shared_ptr<DataFeed> &feed);
  void remove_feed(const std::shared_ptr<DataFeed> &feed);
  // To answer the offer that is to come.
  void await(const Inputs &inputs, const Feeds &feeds);
  // The viewer that was to take this one's place is given up: data comes back here.
  void resume_data() { channels_->resume(); }
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

  // Gets a control channel; before start().
  void allow_control() { may_control_ = true; }
  // Over the control channel, when it is open.
  void tell(const std::string &text);

  // Controls the rate from now on; before start(). `most`: bits per second of everything that is
  // sent when nothing holds it back. Where nothing can follow, the estimate is all there is of it.
  void control_rate(Bitrate most, bool follows);
  // The highest that rate() can be, with control.
  Bitrate most_rate() const { return most_rate_; }
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

  // It goes on as long as it can, but is to be replaced.
  void mark_broken() { broken_ = true; }
  // Of a call: what the viewer sends now.
  std::vector<ReceivedTrack> received_tracks() const;
  // Of a call: media goes neither way until it is taken up again.
  void hold(bool held);
  // Nothing of that kind is sent, of which the viewer is not told.
  void mute(MediaKind kind, bool muted);

 private:
  struct Track {
    std::shared_ptr<Input> input;
    std::shared_ptr<Outlet> outlet;
    Ref<GstPad> sink_pad;  // of webrtcbin
    Ref<GstWebRTCRTPTransceiver> transceiver;
    std::optional<size_t> mline;   // once negotiated
    const Codec *codec = nullptr;  // once negotiated
    bool refused = false;          // the viewer takes none of its codecs
    bool flowing = false;
    size_t rendition = 0;
    unsigned bitrate = 0;  // of an encoder to make
    double bandwidth = 0;  // see TrackInfo
    FecStream fec;         // no SSRC: none is wanted

    Input::Choice choice() const { return {codec, rendition}; }
  };

  Viewer(EventLoop &loop, std::string peer, Listener &listener);

  void session_sends(Session &session, const Message &message) override;
  void session_changed(Session &session, Session::State state) override;
  void session_failed(Session &session, const Error &error) override;
  Result<bool> session_described(Session &session, Description &description) override;
  void session_negotiated(Session &session) override;
  void session_path_changed(Session &session, const SelectedPair &pair) override;
  void session_pad_added(Session &session, const Ref<GstPad> &pad) override;
  void session_channel_added(Session &, const std::shared_ptr<DataChannel> &channel) override {
    channels_->added(channel);
  }
  void session_describes(Session &session, Description &description) override;

  // All codecs the input can be sent in, as our offers name them; empty when there is none.
  Ref<GstCaps> offered_codecs(const Input &input) const;
  void offer(const std::shared_ptr<Input> &input);
  void answer_track(size_t mline, const SdpMedia &media, Inputs &waiting);
  Result<Track *> add_track(const std::shared_ptr<Input> &input, const Ref<GstCaps> &codecs,
                            std::optional<size_t> mline);
  Result<bool> accept_answer(const Sdp &answer);
  Result<bool> accept_offer(const Sdp &offer);
  // What webrtcbin 1.22 takes for granted in the offers of a session, on pain of abort().
  Result<bool> check_sections(const Sdp &offer);
  void choose(Track &track, const Codec &codec, const SdpMedia &media, int payload_type);
  // Joins the tracks to their groups once there is a connection; false when the viewer was given
  // up.
  bool let_flow();
  void drop(Track &track);
  void outlet_changed(const std::shared_ptr<Outlet> &outlet);
  void take_feedback(TransportFeedback feedback);
  // Writes the parity of our tracks into a description of ours.
  void describe_parity(Description &description, const Sdp &sdp) const;
  void measure_parity(const Outlet::Counters &sum);
  // Sets how much parity goes beside the video; returns how much more that makes of it.
  double protect_tracks(const CongestionDecision &decision, TimePoint now);
  // Sends a packet of the video again, for a probe; its size, 0: there is none.
  size_t repeat_packet();
  Track *track_of_mline(size_t mline) const;
  // The sections that are new in an exchange of ours belong to the transceivers that wait for one.
  std::map<size_t, const Track *> new_sections(const Sdp &sdp) const;
  void assign_sections(const Sdp &answer);
  // Nothing of ours to offer: what we would receive.
  void offer_to_receive();
  void accept_received(const Sdp &sdp, bool answer);
  // What we do in a section of a call.
  Way way(size_t mline, const Track *track) const;
  bool may_flow(const Track &track) const;
  // Both sides added a track at the same time: the section of the other side's offer is also what
  // webrtcbin keeps for a transceiver that waits for an offer of ours.
  Result<bool> share_section(size_t mline, const SdpMedia &media);
  // The name of a pad of webrtcbin, which tells the section; empty: webrtcbin chooses.
  std::string pad_name(std::optional<size_t> mline) const;
  static Ref<GstCaps> answer_caps(const Input &input, const Codec &codec, const SdpMedia &media,
                                  int payload_type);

  EventLoop &loop_;
  const std::string peer_;
  Listener &listener_;
  const TimePoint since_ = Clock::now();
  std::shared_ptr<Session> session_;
  std::shared_ptr<SessionChannels> make_session_channels();
  bool make_channel(const std::shared_ptr<DataFeed> &feed);
  // Outlets whose frames a feed is in step with remember their times.
  void keep_times();
  FrameAnswer answer(const std::string &pad, std::chrono::nanoseconds time, Duration waited) const;
  void frame_left(const std::string &pad);
  void make_channels();
  void make_control();
  void heard_control(const DataMessage &message);
  // Nothing when no track has that mid.
  std::vector<ControlTarget> control_targets(const std::string &mid) const;
  // There is something that the viewer gets.
  bool is_served() const;

  Inputs offered_inputs_;  // what there is to answer an offer with
  std::vector<std::unique_ptr<Track>> tracks_;
  Feeds feeds_;
  std::shared_ptr<SessionChannels> channels_;
  bool accepts_data_ = false;
  bool may_bring_data_ = false;  // the viewer's offer has room for it
  bool may_control_ = false;
  std::shared_ptr<DataChannel> control_;
  size_t unanswered_ = 0;  // requests
  // The ids of the header extensions, which are the same in all sections of a bundle (RFC 8285
  // section 5).
  RtpLayout extensions_;
  // The transceivers that have no section yet, in whose order they will; null where the track is
  // gone or there is none.
  std::vector<const Track *> pending_;
  size_t sections_ = 0;                     // there are in the descriptions
  std::vector<std::string> section_names_;  // kind and mid of each, by the viewer's offers

  std::optional<ReceivedTracks> received_;  // in a call
  Directions directions_;                   // the same
  bool held_ = false;
  std::set<MediaKind> muted_;
  bool reported_connected_ = false;
  bool broken_ = false;
  bool paused_ = false;

  static constexpr Bitrate lowest_rate = 50000;
  std::optional<CongestionController> controller_;
  Bitrate most_rate_ = 0;
  bool follows_ = true;
  std::optional<CongestionState> congestion_;
  ProbeRun probe_;
  bool fed_ = false;
  uint64_t counted_bytes_ = 0;
  std::optional<ParityAmount> parity_;
  bool offers_parity_ = false;
  Outlet::Counters protected_;     // when the overhead was measured last
  double video_ = 0, beside_ = 0;  // bytes of it and of its parity, of late
  double overhead_ = 0;            // of the second for each of the first
  double allowed_ = 0;             // of it, in the controller's limit
};

}  // namespace rtc
