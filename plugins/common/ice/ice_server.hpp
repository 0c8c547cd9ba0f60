// ICE servers as W3C RTCIceServer writes them (pure): the only code that reads and writes them, be
// it a property, an option or a message of signaling.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace rtc {

struct IceServer {
  std::vector<std::string> urls;  // RFC 7064 / RFC 7065
  std::string username;
  std::string credential;  // secret: never logged
};

using IceServers = std::vector<IceServer>;

// A list of addresses, separated by commas or white space, each as parse_ice_uri() takes it
// (turn:user:password@host), or JSON: an RTCIceServer or an array of them. The first entry that is
// wrong is the Error, without credentials. The urls that come out are as to_string(IceUri) writes.
Result<IceServers> parse_ice_servers(std::string_view text);

// An RTCIceServer or an array of them. What cannot be used is left out and told in `problems`.
IceServers read_ice_servers(const JsonValue &value, std::vector<Error> &problems);

// A JSON array, credentials included.
std::string write_ice_servers(const IceServers &servers);

// It has a TURN server, and no credentials for it.
bool lacks_credentials(const IceServer &server);

}  // namespace rtc
