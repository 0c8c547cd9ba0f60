// An IP address with a port, as text and as GIO and the socket calls want it (pure).
#pragma once

#include <gio/gio.h>
#include <sys/socket.h>

#include <string>

#include "base/ref.hpp"

namespace rtc {

struct IpPort {
  std::string ip;  // without brackets; empty: none
  unsigned port = 0;

  bool operator==(const IpPort &) const = default;
  explicit operator bool() const { return !ip.empty(); }
  bool is_v6() const { return ip.find(':') != std::string::npos; }
  // "192.0.2.1:3478", "[2001:db8::1]:3478".
  std::string text() const;
};

IpPort to_ip_port(GSocketAddress *address);
IpPort to_ip_port(const sockaddr_storage &address);
// Null where `ip` is no address.
Ref<GSocketAddress> to_socket_address(const IpPort &address);
// False where `ip` is no address.
bool to_native(const IpPort &address, sockaddr_storage &into);

}  // namespace rtc
