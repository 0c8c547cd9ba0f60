// ICE servers as W3C RTCIceServer writes them (pure).
#pragma once

#include <string>
#include <vector>

namespace rtc {

struct IceServer {
  std::vector<std::string> urls;  // RFC 7064 / RFC 7065
  std::string username;
  std::string credential;  // secret: never logged
};

using IceServers = std::vector<IceServer>;

}  // namespace rtc
