// One session with a publisher, the tracks received over it and where their media comes out.
//
// Threads: the event loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "session/path_health.hpp"
#include "session/received_tracks.hpp"
#include "session/session.hpp"
#include "session/session_channels.hpp"

namespace rtc {

class Reception : public Session::Listener, public std::enable_shared_from_this<Reception> {
 public:
  struct Listener {
    virtual ~Listener() = default;
    virtual void reception_sends(Reception &reception, const Message &message) = 0;
    virtual void reception_changed(Reception &reception, Session::State state) = 0;
    virtual void reception_failed(Reception &reception, const Error &error) = 0;
    virtual void reception_path_changed(Reception &reception, const SelectedPair &path) = 0;
    // Which tracks there are, once per negotiation.
    virtual void reception_tracks_changed(Reception &reception) = 0;
    // The pad is held back.
    virtual void reception_media(Reception &reception, const ReceivedTrack &track,
                                 const Ref<GstPad> &pad) = 0;
    // False: nobody wants what comes over it.
    virtual bool reception_channel(Reception &reception,
                                   const std::shared_ptr<DataChannel> &channel) = 0;
    // A feed cannot send.
    virtual void reception_refuses(Reception &reception, const Error &error) = 0;
  };

  static Result<std::shared_ptr<Reception>> create(EventLoop &loop, std::shared_ptr<Reaper> reaper,
                                                   Session::Settings settings,
                                                   const ReceptionSettings &wanted,
                                                   std::weak_ptr<Listener> listener);

  void run() { session_->run(); }
  void received(const Message &message);
  void close() {
    channels_->close();
    session_->close();
  }

  const std::string &id() const { return session_->id(); }
  Session &session() { return *session_; }
  const std::vector<ReceivedTrack> &tracks() const { return tracks_.list(); }
  // Of the data channels that the publisher announced.
  const std::vector<std::string> &announced() const { return announced_; }
  SessionChannels &channels() { return *channels_; }
  bool was_connected() const { return was_connected_; }
  TimePoint since() const { return since_; }
  PathHealth health(bool orphaned) const;
  // `offer` comes from another peer connection than the one we are talking to (RFC 9429 section
  // 5.2.1: its o= line keeps its session id).
  bool is_replaced_by(const Description &offer) const;

 private:
  Reception(EventLoop &loop, const ReceptionSettings &wanted, std::weak_ptr<Listener> listener);

  void session_sends(Session &session, const Message &message) override;
  void session_changed(Session &session, Session::State state) override;
  void session_failed(Session &session, const Error &error) override;
  Result<bool> session_described(Session &session, Description &description) override;
  void session_negotiated(Session &) override {}
  void session_path_changed(Session &session, const SelectedPair &pair) override;
  void session_pad_added(Session &session, const Ref<GstPad> &pad) override;
  void session_channel_added(Session &session,
                             const std::shared_ptr<DataChannel> &channel) override;

  std::shared_ptr<SessionChannels> make_session_channels();

  EventLoop &loop_;
  const std::weak_ptr<Listener> listener_;
  const TimePoint since_ = Clock::now();
  std::shared_ptr<Session> session_;
  std::string origin_;  // session id of the other side's o= line
  ReceivedTracks tracks_;
  std::shared_ptr<SessionChannels> channels_;
  std::vector<std::string> announced_;
  bool has_data_ = false;
  bool was_connected_ = false;
};

}  // namespace rtc
