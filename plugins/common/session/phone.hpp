// Everything behind rtcpeer but GObject: one call at a time, with a peer that we call or that calls
// us. A publisher, whose viewer is heard, too.
//
// Who calls asks signaling for a session, and who is called makes the first offer, once the call is
// taken. From then on both may offer; who called gives way. A path that breaks is replaced by
// calling again.
//
// Threads: made, used and destroyed on the event loop, as Publisher.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "session/publisher.hpp"

namespace rtc {

struct PhoneSettings : PublisherSettings {
  std::string peer;  // name or id of whom to call as soon as possible; empty: calls are waited for
  bool takes_calls_unasked = true;
  milliseconds patience{30'000};  // with somebody who is not there or does not answer; 0: any
};

class Phone : public Publisher {
 public:
  // Beside those of a publisher.
  struct Events {
    virtual ~Events() = default;
    // Somebody calls: accept() or reject(); then, that it is no use any more.
    virtual void call_comes(const std::string &session, const std::string &name) = 0;
    virtual void call_missed(const std::string &session, const std::string &name,
                             const std::string &reason) = 0;
    // What we called for did not come about.
    virtual void call_failed(const Error &error) = 0;
    virtual void call_started(const std::string &session, const std::string &name) = 0;
    virtual void call_ended(const std::string &session, const std::string &name,
                            const std::string &reason) = 0;
    // The tracks that the other side sends; those of before are among them.
    virtual void call_tracks(const std::vector<ReceivedTrack> &tracks) = 0;
    // The media of a track, held back; the running time of its session begins at `base_time`.
    virtual void call_media(const ReceivedTrack &track, GstElement *pipeline,
                            const Ref<GstPad> &pad, GstClockTime base_time) = 0;
  };

  Phone(EventLoop &loop, PhoneSettings settings, Publisher::Events &events, Events &calls,
        std::shared_ptr<Reaper> reaper);

  ~Phone() override;

  void inputs_changed() override;
  void finish() override;
  // Name or id; an Error when there is a call.
  Result<bool> call(const std::string &peer);
  Result<bool> accept(const std::string &session);
  Result<bool> reject(const std::string &session, const std::string &reason);
  // False when there was no call.
  bool hang_up(const std::string &reason);
  void hold(bool held);
  void mute(MediaKind kind, bool muted);

 private:
  // A call that is not taken yet.
  struct Ringing {
    SessionId session;  // empty: signaling has not made it
    PeerId peer;
    Request request;  // of a call to us
  };

  void ready(const IceServers &servers, const std::string &name) override;
  void peer_joined(const PeerId &peer, const PeerInfo &info) override;
  void peer_left(const PeerId &peer, bool lost) override;
  void session_requested(const SessionId &session, const PeerId &peer,
                         SessionRequest request) override;
  void session_opened(const SessionId &session, const PeerId &peer) override;
  void received(const SessionId &session, Message message) override;
  void lost(const Error &error) override;
  void refused(const Error &error) override;

  void viewer_connected(Viewer &viewer) override;
  void viewer_failed(Viewer &viewer, const Error &error) override;
  void viewer_tracks_changed(Viewer &viewer) override;
  void viewer_media(Viewer &viewer, const ReceivedTrack &track, const Ref<GstPad> &pad) override;

  void heal(const SessionId &session, Seat &seat, const std::string &reason) override;
  void end_predecessors(const Viewer &viewer) override;
  void announce_healed(Viewer &viewer, Seat &seat) override;
  void removed(const SessionId &session, const std::string &peer,
               const std::string &reason) override;

  void viewer_made(Viewer &viewer) override;

  std::string name_of(const PeerId &peer) const;
  std::optional<PeerId> find(const std::string &name_or_id) const;
  // Somebody of the call there is, who comes again.
  bool is_other_side(const PeerId &peer) const;
  void look_for_peer();
  void ask(const PeerId &peer);
  void give_up_calling(const Error &error);
  void lose_patience();
  void cancel_outgoing(const std::string &reason);
  void take(const SessionId &session, Request request);
  void announce_healing(const std::string &reason);
  bool is_idle() const { return viewers_.empty() && waiting_.empty() && !outgoing_ && !incoming_; }
  // Of the call that have no connection yet.
  bool is_being_replaced() const;
  void drop_attempts();
  std::vector<std::shared_ptr<Viewer>> viewers() const;

  const PhoneSettings phone_;
  Events &calls_;
  std::map<PeerId, PeerInfo> peers_;
  bool signaling_ = false;
  std::string wanted_;  // to be called
  Timer patience_, again_;
  std::optional<Ringing> outgoing_;
  std::optional<Ringing> incoming_;
  std::string other_side_;  // name or id, of the call there is
  bool called_ = false;     // by us
  // The call has no path; its sessions come and go in the meantime.
  std::optional<TimePoint> broken_since_;
  // Hung up while signaling was lost, which the other side will hear when it calls again.
  std::string hung_up_on_;
  bool started_ = false;  // it was connected
  bool held_ = false;
  std::set<MediaKind> muted_;
};

}  // namespace rtc
