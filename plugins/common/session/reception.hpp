// One session with a publisher and the tracks received over it: which codecs are accepted, which m=
// section is which track, and where its media comes out.
//
// Threads: the event loop, except that Listener::reception_pad comes on a streaming thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "media/codec.hpp"
#include "message/sdp.hpp"
#include "session/path_health.hpp"
#include "session/session.hpp"

namespace rtc {

// One m= section that we receive.
struct ReceivedTrack {
  size_t mline = 0;
  MediaKind kind = MediaKind::video;
  const Codec *codec = nullptr;
  unsigned index = 0;  // among the tracks of its kind
};

struct ReceptionSettings {
  // Accepted codecs, by preference; empty: what the publisher prefers.
  std::vector<const Codec *> video_codecs;
  std::vector<const Codec *> audio_codecs;
  unsigned latency = 200;    // ms
  unsigned max_bitrate = 0;  // bits per second, a hint to the publisher; 0: none
};

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
    virtual void reception_media(Reception &reception, const ReceivedTrack &track,
                                 const Ref<GstPad> &pad) = 0;
    virtual void reception_channel(Reception &reception,
                                   const std::shared_ptr<DataChannel> &channel) = 0;
    // To be held back until reception_media(); on a streaming thread.
    virtual void reception_pad(GstPad *pad) = 0;
  };

  static Result<std::shared_ptr<Reception>> create(EventLoop &loop, std::shared_ptr<Reaper> reaper,
                                                   Session::Settings settings,
                                                   const ReceptionSettings &wanted,
                                                   std::weak_ptr<Listener> listener);

  void run() { session_->run(); }
  void received(const Message &message);
  void close() { session_->close(); }

  const std::string &id() const { return session_->id(); }
  Session &session() { return *session_; }
  const std::vector<ReceivedTrack> &tracks() const { return tracks_; }
  // Of the data channels that the publisher announced.
  const std::vector<std::string> &channels() const { return channels_; }
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
  Result<bool> session_described(Session &session, const Description &description) override;
  void session_negotiated(Session &) override {}
  void session_path_changed(Session &session, const SelectedPair &pair) override;
  void session_pad_added(Session &session, GstPad *pad) override;
  void session_channel_added(Session &session,
                             const std::shared_ptr<DataChannel> &channel) override;

  const Codec *choose(const SdpMedia &media, MediaKind kind, SdpCodec &entry) const;
  Result<bool> accept_section(size_t mline, const SdpMedia &media);
  void attach(const Ref<GstPad> &pad);
  Error nothing_accepted() const;

  EventLoop &loop_;
  const ReceptionSettings wanted_;
  const std::weak_ptr<Listener> listener_;
  const TimePoint since_ = Clock::now();
  std::shared_ptr<Session> session_;
  std::string origin_;  // session id of the other side's o= line
  std::vector<ReceivedTrack> tracks_;
  std::vector<std::string> channels_;
  bool has_data_ = false;
  std::vector<std::string> refusals_;
  bool was_connected_ = false;
};

}  // namespace rtc
