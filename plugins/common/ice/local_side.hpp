// From where to ask a server.
#pragma once

#include <string>
#include <vector>

#include "ice/ice_settings.hpp"

namespace rtc {

struct LocalSide {
  std::vector<std::string> addresses;  // the first one of the server's family; empty: any
  PortRange ports;                     // of UDP
};

}  // namespace rtc
