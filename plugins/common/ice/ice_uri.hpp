// The address of a STUN or TURN server (pure): RFC 7064 and RFC 7065, and what people write beside
// them: "//" after the scheme, as webrtcbin wants it, and "user:password@", percent-encoded.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace rtc {

struct IceUri {
  enum class Scheme { stun, stuns, turn, turns };
  enum class Transport { udp, tcp, tls };

  Scheme scheme = Scheme::stun;
  std::string host;  // a name or an address, an IPv6 address without brackets
  unsigned port = 3478;
  Transport transport = Transport::udp;  // from us to the server
  bool transport_given = false;          // by "?transport="
  std::string username;                  // of the user info, decoded
  std::string credential;                // the same; secret: never logged

  bool is_turn() const { return scheme == Scheme::turn || scheme == Scheme::turns; }
  bool is_secure() const { return scheme == Scheme::stuns || scheme == Scheme::turns; }
};

// An Error shows the address without its credentials and says what is expected.
Result<IceUri> parse_ice_uri(std::string_view text);

// As RFC 7064 and RFC 7065 write it, without credentials; what is the default is left out.
std::string to_string(const IceUri &uri);
const char *to_string(IceUri::Scheme scheme);
const char *to_string(IceUri::Transport transport);

// The text of an address, however wrong, with what may be a password replaced by "***".
std::string redact_ice_uri(std::string_view text);

}  // namespace rtc
