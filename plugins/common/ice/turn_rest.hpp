// Time-limited TURN credentials (pure), as coturn's use-auth-secret and
// draft-uberti-behave-turn-rest have them: whoever shares the secret with the TURN server mints
// them, and neither asks the other.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "ice/ice_server.hpp"

namespace rtc {

struct TurnRest {
  std::string secret;  // coturn's static-auth-secret; empty: nothing is minted. Never logged
  // The draft recommends a day. coturn looks at the time when a relay is asked for and not
  // afterwards, so that a call may outlast its credentials.
  seconds ttl{86400};
};

struct TurnCredentials {
  std::string username;
  std::string credential;  // secret
};

// Good until `unix_now` + ttl; `name` tells in the TURN server's log who it was.
TurnCredentials mint_turn_credentials(const TurnRest &rest, const std::string &name,
                                      int64_t unix_now);

// Gives credentials to the TURN servers that have none; the others stay as they are. True where
// there was one, so that the servers are good for the ttl only.
bool add_turn_credentials(IceServers &servers, const TurnRest &rest, const std::string &name,
                          int64_t unix_now);

}  // namespace rtc
