// A viewer that throws away what it gets: its own signaling connection and a bare webrtcbin whose
// packets are counted, not decoded. It notes when each step of the connection was done.
//
// Threads: made, used and destroyed on the event loop; stages() from any thread.
#pragma once

#include <gst/gst.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "bare_connection.hpp"
#include "packet_counter.hpp"
#include "signaling/signaler.hpp"

namespace rtc::bench {

class BenchReceiver : private Signaler::Listener {
 public:
  BenchReceiver(EventLoop &loop, const std::string &uri);
  ~BenchReceiver() override;

  // Milliseconds after the start, by the name of the step; "keyframe" is the last one.
  std::map<std::string, double> stages() const;
  // Milliseconds since the start.
  double age() const { return shared_->elapsed(); }
  bool receives() const { return stages().contains("packet"); }
  bool has_picture() const { return stages().contains("keyframe"); }
  PacketCounter &counter() { return shared_->counter; }

 private:
  // What callbacks of streaming threads touch; outlives the receiver with them.
  struct Shared {
    const TimePoint start = Clock::now();
    PacketCounter counter;
    mutable std::mutex mutex;  // guards stages
    std::map<std::string, double> stages;

    double elapsed() const {
      return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    }
    void reached(const char *stage);
  };

  void watch(GstElement *webrtcbin);

  void ready(const IceServers &, const std::string &) override { shared_->reached("signaling"); }
  void peer_joined(const PeerId &peer, const PeerInfo &info) override;
  void session_requested(const SessionId &, const PeerId &, SessionRequest) override {}
  void session_opened(const SessionId &session, const PeerId &peer) override;
  void received(const SessionId &session, Message message) override;
  void peer_left(const PeerId &, bool) override {}
  void lost(const Error &error) override { failed(error); }
  void failed(const Error &error) override;
  void refused(const Error &error) override { failed(error); }

  EventLoop &loop_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  Ref<GstElement> pipeline_;
  std::unique_ptr<Signaler> signaler_;
  std::shared_ptr<BareConnection> connection_;
  SessionId session_;
};

}  // namespace rtc::bench
