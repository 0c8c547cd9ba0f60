#include "ice/ip_port.hpp"

namespace rtc {

std::string IpPort::text() const {
  return (is_v6() ? "[" + ip + "]" : ip) + ":" + std::to_string(port);
}

IpPort to_ip_port(GSocketAddress *address) {
  if (!address || !G_IS_INET_SOCKET_ADDRESS(address)) return {};
  auto *inet = G_INET_SOCKET_ADDRESS(address);
  const CharPtr ip(g_inet_address_to_string(g_inet_socket_address_get_address(inet)));
  return {ip.get(), g_inet_socket_address_get_port(inet)};
}

IpPort to_ip_port(const sockaddr_storage &address) {
  const auto made = adopt(
      g_socket_address_new_from_native(const_cast<sockaddr_storage *>(&address), sizeof address));
  return to_ip_port(made.get());
}

Ref<GSocketAddress> to_socket_address(const IpPort &address) {
  return adopt(g_inet_socket_address_new_from_string(address.ip.c_str(), address.port));
}

bool to_native(const IpPort &address, sockaddr_storage &into) {
  const auto made = to_socket_address(address);
  return made && g_socket_address_to_native(made.get(), &into, sizeof into, nullptr);
}

}  // namespace rtc
