// The publisher that rtcsink is compared with: one pipeline, one payloader, a tee, and for every
// viewer a queue and a webrtcbin, as the examples of GStreamer do it. It brings a rooms server, so
// that viewers come to it as they come to rtcsink.
//
// Threads: made and destroyed by the main thread; what the signaler calls runs on the event loop.
#pragma once

#include <gst/gst.h>

#include <map>
#include <memory>
#include <string>

#include "bare_connection.hpp"
#include "server/server.hpp"
#include "signaling/signaler.hpp"

namespace rtc::bench {

class BarePublisher : private Signaler::Listener {
 public:
  struct Settings {
    std::string source;     // a launch fragment that ends in the payloader
    std::string rtp_caps;   // of the payloader
    bool feedback = false;  // negotiate what rtcsink does: NACK and RTX, TWCC
  };

  static Result<std::unique_ptr<BarePublisher>> create(EventLoop &loop, const Settings &settings);
  ~BarePublisher() override;

  GstElement *pipeline() const { return pipeline_.get(); }
  std::string signaling_url() const { return server_->signaling_url(); }

 private:
  struct Viewer {
    Ref<GstElement> queue;
    Ref<GstPad> branch;  // of the tee
    std::shared_ptr<BareConnection> connection;
    std::string peer;
  };

  BarePublisher(EventLoop &loop, const Settings &settings) : loop_(loop), settings_(settings) {}
  Result<bool> build();
  Viewer add(const SessionId &session);
  void remove(Viewer &viewer);

  void ready(const IceServers &, const std::string &) override {}
  void peer_joined(const PeerId &, const PeerInfo &) override {}
  void session_requested(const SessionId &session, const PeerId &peer, SessionRequest) override;
  void session_opened(const SessionId &, const PeerId &) override {}
  void received(const SessionId &session, Message message) override;
  void peer_left(const PeerId &peer, bool lost) override;
  void lost(const Error &) override {}
  void failed(const Error &error) override;
  void refused(const Error &) override {}

  EventLoop &loop_;
  const Settings settings_;
  Ref<GstElement> pipeline_;
  Ref<GstElement> tee_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Signaler> signaler_;
  std::map<SessionId, Viewer> viewers_;
};

}  // namespace rtc::bench
