// A publisher that is another program, which is what rtcsink is compared with: Janus, pion. We send
// it the recording as RTP over loopback, once, and bring a rooms server, so that viewers come to it
// as they come to rtcsink; it does the rest.
//
// The programs in relays/ speak JSON lines over standard input and output:
//   to us    {"ready": port for RTP, "pid": of what is measured}
//            {"session": id, "offer": sdp}   {"session": id, "candidate": text, "mline": 0}
//   to them  {"open": id}   {"session": id, "answer": sdp}
//            {"session": id, "candidate": text, "mline": 0}   {"close": id}
// Called with --check they say what is missing, and exit with 77.
//
// Threads: made and destroyed by the main thread; what the signaler calls runs on the event loop; a
// thread reads what the program says and posts it there.
#pragma once

#include <gst/gst.h>

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "base/event_loop.hpp"
#include "child_link.hpp"
#include "publisher.hpp"
#include "server/server.hpp"
#include "signaling/signaler.hpp"

namespace rtc::bench {

// The program of a relay of that name ("janus", "pion"), empty where there is none.
std::string relay_program(const std::string &kind);

class RelayPublisher : public Publisher, private Signaler::Listener {
 public:
  // `source` is a launch fragment that ends in the payloader.
  static Result<std::unique_ptr<Publisher>> create(const std::string &kind,
                                                   const std::string &source);
  ~RelayPublisher() override;

  GstElement *pipeline() const override { return pipeline_.get(); }
  std::string uri() const override { return server_->signaling_url(); }
  pid_t process() const override { return measured_; }

 private:
  RelayPublisher() = default;
  Result<bool> start(const std::string &kind, const std::string &source);
  Result<bool> feed(const std::string &source, long port);
  Result<bool> serve();
  void listen();
  void heard(const JsonPtr &line);
  void close(const SessionId &session);

  void ready(const IceServers &, const std::string &) override {}
  void peer_joined(const PeerId &, const PeerInfo &) override {}
  void session_requested(const SessionId &session, const PeerId &peer, SessionRequest) override;
  void session_opened(const SessionId &, const PeerId &) override {}
  void received(const SessionId &session, Message message) override;
  void peer_left(const PeerId &peer, bool lost) override;
  void lost(const Error &) override {}
  void failed(const Error &error) override;
  void refused(const Error &) override {}

  EventLoop loop_{"relay"};
  std::unique_ptr<Child> relay_;
  pid_t measured_ = 0;
  Ref<GstElement> pipeline_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Signaler> signaler_;
  std::map<SessionId, PeerId> viewers_;
  std::thread listener_;
};

}  // namespace rtc::bench
