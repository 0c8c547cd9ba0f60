// The way to a STUN or TURN server, over UDP, TCP or TLS: finds the address of the name, connects,
// and carries whole messages.
//
// Threads: the event loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/event_loop.hpp"
#include "ice/ip_port.hpp"
#include "ice/local_side.hpp"
#include "ice/probe_outcome.hpp"

namespace rtc {

class StunSocket {
 public:
  struct Settings {
    IceUri uri;
    Ref<GTlsDatabase> authorities;  // null: those of the system
    LocalSide local;
  };
  // Each comes later than open(), and may destroy the socket. After `failed` comes nothing.
  struct Events {
    std::function<void()> opened;
    std::function<void(std::string_view message)> received;
    std::function<void(ProbeFailure)> failed;
  };

  static std::unique_ptr<StunSocket> open(EventLoop &loop, const Settings &settings, Events events);
  virtual ~StunSocket() = default;

  // After `opened`.
  virtual void send(std::string_view message) = 0;
  virtual IpPort local() const = 0;
  virtual IpPort remote() const = 0;
  // What is still missing, for a time-out.
  virtual std::string waits_for() const = 0;
};

// Over TCP or TLS; open() calls it.
std::unique_ptr<StunSocket> open_stun_stream(const StunSocket::Settings &settings,
                                             StunSocket::Events events);

}  // namespace rtc
