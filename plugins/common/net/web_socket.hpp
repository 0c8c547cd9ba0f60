// A WebSocket over an open stream, the same for client and server.
//
// It never lets the other side hold up the loop: it reads a bounded amount at a time, keeps a
// bounded queue of what the other side has not taken yet, and gives up a peer that answers no ping.
//
// Threads: everything on its event loop. The listener may destroy the WebSocket in any callback;
// send() and close() never call back.
#pragma once

#include <gio/gio.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/event_loop.hpp"
#include "net/ws_frame.hpp"

namespace rtc {

// A connection on which both sides have agreed to speak WebSocket.
struct OpenStream {
  Ref<GIOStream> stream;  // of plain bytes: TLS is below it
  Ref<GSocket> socket;
  std::string early;  // what came behind the handshake already
};

class WebSocket {
 public:
  enum class Role { client, server };
  struct Limits {
    size_t max_message = 1024 * 1024;    // larger ones close the connection with 1009
    size_t max_queue = 4 * 1024 * 1024;  // bytes not taken yet; more end the connection
    seconds ping_interval{30};           // of a line on which nothing comes
    seconds silence{90};                 // nothing heard for so long ends the connection
  };

  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void text(std::string_view text) = 0;
    virtual void binary() = 0;
    // Comes once, last, and never after the owner's own close(). `why` is for logs. A code of
    // ws_abnormal says that the network failed; the end of the stream without a close frame is
    // ws_going_away, because the other side's process has ended.
    virtual void closed(unsigned code, const std::string &why) = 0;
  };

  // The listener must outlive the WebSocket.
  WebSocket(EventLoop &loop, OpenStream stream, Role role, Limits limits, Listener &listener);
  // Says goodbye (1001) if the other side still takes it.
  ~WebSocket();

  void send(std::string_view text);
  // Sends what is queued, then the reason; the listener hears nothing any more.
  void close(unsigned code, std::string_view why);
  size_t queued() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace rtc
