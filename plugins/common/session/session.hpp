// Our connection with one remote peer: exactly one webrtcbin, in a pipeline of its own, driven by
// the negotiation. What is sent or received through it is the business of its owner.
//
// Threads: everything on the event loop. Nothing waits for a promise of webrtcbin; its answers are
// posted to the loop.
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/event_loop.hpp"
#include "base/reaper.hpp"
#include "data/data_channel.hpp"
#include "ice/ice_context.hpp"
#include "session/early_feedback.hpp"
#include "session/negotiation.hpp"
#include "session/parity_receiver.hpp"
#include "session/repeater.hpp"
#include "session/retransmission_budget.hpp"
#include "session/sctp_elements.hpp"
#include "session/sctp_streams.hpp"
#include "session/transport_wide.hpp"

namespace rtc {

class Session : public std::enable_shared_from_this<Session> {
 public:
  enum class State { connecting, connected, disconnected, failed };

  struct Settings {
    std::string id;
    std::shared_ptr<IceContext> ice;
    bool trickle = true;  // candidates may follow the description
    Glare glare = Glare::refuse;
    unsigned latency = 200;  // ms, of the receiving jitter buffer
    Ref<GstClock> clock;
    GstClockTime base_time = 0;
    std::string stream_id;           // a=msid of our tracks
    unsigned max_video_bitrate = 0;  // bits per second, asked of the other side; 0: nothing asked
  };

  struct Listener {
    virtual ~Listener() = default;
    virtual void session_sends(Session &session, const Message &message) = 0;
    virtual void session_changed(Session &session, State state) = 0;
    virtual void session_failed(Session &session, const Error &error) = 0;
    // Before a remote description is applied; may add transceivers, and change what webrtcbin is to
    // see. An error ends the session.
    virtual Result<bool> session_described(Session &session, Description &description) = 0;
    // Before a description of ours is sent; may change what the other side is to see.
    virtual void session_describes(Session &, Description &) {}
    // An offer and its answer are in place.
    virtual void session_negotiated(Session &session) = 0;
    // ICE selected this pair, for the first time or anew.
    virtual void session_path_changed(Session &session, const SelectedPair &pair) = 0;
    // A source pad of webrtcbin, held back until it is released.
    virtual void session_pad_added(Session &session, const Ref<GstPad> &pad) = 0;
    // A data channel that the other side made, once it is open.
    virtual void session_channel_added(Session &session,
                                       const std::shared_ptr<DataChannel> &channel) = 0;
  };

  // The listener is held weakly.
  static Result<std::shared_ptr<Session>> create(EventLoop &loop, std::shared_ptr<Reaper> reaper,
                                                 Settings settings,
                                                 std::weak_ptr<Listener> listener);
  ~Session();

  const std::string &id() const { return settings_.id; }
  GstElement *webrtcbin() const { return webrtcbin_.get(); }
  GstElement *pipeline() const { return pipeline_.get(); }
  State state() const { return state_; }
  // Of our pipeline: group time where we publish.
  std::chrono::nanoseconds running_time() const;
  // When the last packet of any kind came from the peer; the start of the session before that.
  TimePoint last_received() const { return last_received_.load(std::memory_order_relaxed); }
  bool awaits_answer() const { return negotiation_.awaits_answer(); }
  bool established() const { return negotiation_.established(); }
  // What ICE has selected; empty types before.
  const SelectedPair &path() const { return path_; }

  // A data channel of ours. The first one must be there before our offer, or an offer of the other
  // side must have room for it.
  Result<std::shared_ptr<DataChannel>> create_channel(const DataChannelInit &init);

  // Sets the elements going; after the owner added its transceivers.
  void run();
  void negotiate();
  void received(const Message &message);
  // Takes the pipeline apart off this thread. Nothing is reported after it.
  void close();

  const std::shared_ptr<RetransmissionBudget> &retransmissions() const { return retransmissions_; }
  Repeater &repeater() { return repeater_; }
  TransportWide &transport() { return *transport_; }
  ParityReceiver &parity() { return *parity_; }

  // Asks for statistics; `done` comes on the loop, at once empty when the session is closed.
  void get_stats(std::function<void(StructurePtr)> done);

 private:
  Session(EventLoop &loop, std::shared_ptr<Reaper> reaper, Settings settings,
          std::weak_ptr<Listener> listener);
  Result<bool> build();
  void connect_signals();
  void watch_bus();
  void element_added(GstElement *element);
  void prepare_channel(GstElement *webrtcbin, GstWebRTCDataChannel *channel);
  void update_state();
  void gathered(const Candidate &candidate);
  void gathering_complete();
  void negotiated();
  void add_later_relays();
  void element_failed(const std::string &text);
  void perform(const Negotiation::Actions &actions);
  void perform(const Negotiation::CreateOffer &);
  void perform(const Negotiation::CreateAnswer &);
  void perform(const Negotiation::SetLocal &action);
  void perform(const Negotiation::SetRemote &action);
  void perform(const Negotiation::AddCandidate &action);
  void perform(const Negotiation::Send &action);
  void perform(const Negotiation::Fail &action);
  void create_description(Description::Type type);
  void learn_parity(const Description &description);
  void allow_parity(Description &description) const;
  void set_description(const char *signal, const Description &description,
                       std::function<void(bool)> done);
  GstPromise *promise(std::function<void(Session &, const GstStructure *)> done);
  void post(std::function<void(Session &)> task);

  EventLoop &loop_;
  const std::shared_ptr<Reaper> reaper_;
  const Settings settings_;
  const std::weak_ptr<Listener> listener_;
  Negotiation negotiation_;
  const std::shared_ptr<RetransmissionBudget> retransmissions_ =
      std::make_shared<RetransmissionBudget>();
  Repeater repeater_;
  const std::shared_ptr<TransportWide> transport_ = std::make_shared<TransportWide>();
  const std::shared_ptr<EarlyFeedback> early_feedback_ =
      std::make_shared<EarlyFeedback>(transport_);
  std::vector<int> parity_types_;  // of the other side, by section; 0: none
  const std::shared_ptr<ParityReceiver> parity_ = std::make_shared<ParityReceiver>();
  const std::shared_ptr<SctpStreams> sctp_streams_ = std::make_shared<SctpStreams>();
  const std::shared_ptr<SctpWindow> sctp_window_ = std::make_shared<SctpWindow>();
  Ref<GstElement> pipeline_;
  Ref<GstElement> webrtcbin_;
  State state_ = State::connecting;
  SelectedPair path_;
  std::vector<Relay> later_relays_;
  std::vector<Candidate> later_candidates_;  // the other side's slow relays
  Timer head_start_;
  bool head_start_over_ = false;
  Timer gathering_deadline_;
  std::vector<std::shared_ptr<DataChannel>> opening_;  // by the other side
  std::vector<std::weak_ptr<DataChannel>> channels_;   // all of them
  std::vector<std::string> labels_;                    // of ours
  bool closed_ = false;
  bool reflexive_ = false, relayed_ = false;  // candidates that servers gave
  bool broken_ = false;                       // an element gave up
  std::atomic<TimePoint> last_received_{Clock::now()};
};

}  // namespace rtc
