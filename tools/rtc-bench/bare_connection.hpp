// A webrtcbin with the least that makes it talk to a peer: what an application that uses the
// element directly would write. Viewers use it, and the publisher that ours is compared with.
//
// Threads: made, used and destroyed on the event loop; callbacks of webrtcbin only post to it.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>

#include "base/event_loop.hpp"
#include "message/message.hpp"

namespace rtc::bench {

class BareConnection : public std::enable_shared_from_this<BareConnection> {
 public:
  struct Hooks {
    std::function<void(Message)> send;  // on the loop
    // From any thread: a point on the way to a connection is reached ("ice", "dtls", ...).
    std::function<void(const char *stage)> reached;
  };

  // Adds a webrtcbin to `bin`, in the state of its parent once run() is called.
  static std::shared_ptr<BareConnection> create(EventLoop &loop, GstBin *bin, Hooks hooks);
  ~BareConnection();

  GstElement *webrtcbin() const { return webrtcbin_.get(); }
  void run();
  void offer();
  void received(const Message &message);

 private:
  BareConnection(EventLoop &loop, GstBin *bin, Hooks hooks);
  void connect_signals();
  void create(const char *type);
  void created(const std::string &sdp, Description::Type type);
  void post(std::function<void(BareConnection &)> task);

  EventLoop &loop_;
  const Hooks hooks_;
  Ref<GstElement> bin_;
  Ref<GstElement> webrtcbin_;
};

}  // namespace rtc::bench
