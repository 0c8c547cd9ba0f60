// A way for libnice to a TURN server over TLS: it speaks TURN over TCP to a port on loopback, and
// what comes there is carried over TLS to the server. libnice (0.1.21) has no TLS of its own in
// RFC 8445 mode: it would speak plain TCP to the server's TLS port.
//
// Whoever can connect to this machine's loopback can use the tunnel, but gets no further than to
// the server, which asks for credentials.
//
// Threads: the event loop.
#pragma once

#include <gio/gio.h>

#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/ref.hpp"

namespace rtc {

class TlsTunnel {
 public:
  // `authorities` null: those of the system. Made on the loop, whose context carries the data.
  // `failed` is called when the server cannot be reached, or not trusted.
  static Result<std::unique_ptr<TlsTunnel>> open(std::string host, unsigned port,
                                                 Ref<GTlsDatabase> authorities,
                                                 std::function<void()> failed);
  ~TlsTunnel();

  // Of the near end, on 127.0.0.1 and ::1.
  unsigned port() const { return port_; }

 private:
  struct Target;
  class Stream;

  TlsTunnel() = default;

  std::shared_ptr<Target> target_;
  Ref<GSocketService> service_;
  unsigned port_ = 0;
};

}  // namespace rtc
