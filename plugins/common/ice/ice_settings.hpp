// The ICE options of an element as its user writes them, and what they mean (pure).
#pragma once

#include <string>

#include "base/error.hpp"
#include "ice/announce.hpp"
#include "ice/ice_server.hpp"
#include "ice/local_address.hpp"

namespace rtc {

// The properties ice-*, word for word.
struct IceOptions {
  std::string ice_servers;  // with credentials: secret
  bool ice_relay_only = false;
  std::string ice_port_range;
  std::string ice_interfaces;
  std::string ice_announce;
  bool ice_tcp = false;
  bool ice_ipv6 = true;
};

struct PortRange {
  unsigned low = 0;  // 0: any port
  unsigned high = 65535;

  bool any() const { return low == 0; }
  bool operator==(const PortRange &) const = default;
};

struct IceSettings {
  IceServers servers;
  bool relay_only = false;
  PortRange ports;
  InterfaceFilter interfaces;
  Announce announce;
  bool tcp = false;
  bool ipv6 = true;
};

// "min-max" or one port; the empty text is any port.
Result<PortRange> parse_port_range(std::string_view text);

Result<IceSettings> parse_ice_options(const IceOptions &options);

}  // namespace rtc
