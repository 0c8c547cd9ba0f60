// What can come of asking a STUN or TURN server, told apart, and what to tell the user about it
// (pure).
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "ice/ice_uri.hpp"

namespace rtc {

enum class ProbeOutcome {
  works,
  credentials_missing,
  credentials_refused,  // 401 though they were sent
  credentials_expired,  // the same, and the time in the user name is past
  stale_nonce,          // 438 again and again
  quota_reached,        // 486
  no_capacity,          // 508
  stun_error,           // any other code
  timeout,
  unreachable,  // refused, no route, closed
  tls_failed,
  not_resolved,
  not_stun,      // something else answers
  not_possible,  // this side's settings do not allow to ask
};

// In snake case, as in JSON: "credentials_refused".
const char *to_string(ProbeOutcome outcome);

struct ProbeFailure {
  ProbeOutcome outcome = ProbeOutcome::timeout;
  int code = 0;        // of a STUN error
  std::string reason;  // of what happened, without secrets
};

// What a STUN error code means. `unix_now` in seconds.
ProbeOutcome outcome_of(int code, bool authenticated, const std::string &username,
                        int64_t unix_now);

// The user name of a time-limited credential ("<unix time>:name", the scheme of coturn's
// use-auth-secret) whose time is past.
bool is_expired(const std::string &username, int64_t unix_now);

// Cause and remedy in words. `timeout` is the one that was set.
Error to_error(const IceUri &uri, const ProbeFailure &failure, milliseconds timeout);

}  // namespace rtc
