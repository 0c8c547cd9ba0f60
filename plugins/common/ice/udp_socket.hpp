// A UDP socket on the event loop.
//
// Threads: the event loop.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "base/event_loop.hpp"
#include "ice/ip_port.hpp"
#include "ice/local_side.hpp"

namespace rtc {

class UdpSocket {
 public:
  using Received = std::function<void(const IpPort &from, std::string_view bytes)>;
  // The other side of a connected socket refuses, or has become unreachable.
  using Failed = std::function<void(const std::string &reason)>;

  // Both callbacks may destroy the socket. An Error tells which local addresses or ports lack.
  static Result<std::unique_ptr<UdpSocket>> open(EventLoop &loop, bool ipv6, const LocalSide &local,
                                                 Received received, Failed failed = nullptr);
  ~UdpSocket();

  // Hears only from there from now on; false where there is no way to it.
  bool connect(const IpPort &remote);
  // A packet that does not fit the send buffer is lost, as on the way. Never calls back itself.
  void send(std::string_view bytes);
  void send_to(const IpPort &remote, std::string_view bytes);
  // The address is "0.0.0.0" or "::" until connected, unless LocalSide names one.
  IpPort local() const;

 private:
  struct State;
  explicit UdpSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

// The address from which packets to `remote` leave this machine; none where there is no way.
IpPort local_address_towards(const IpPort &remote);

}  // namespace rtc
