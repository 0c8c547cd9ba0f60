// Takes secrets out of text before it is logged, put on the bus or sent back in an error (pure).
#pragma once

#include <string>
#include <string_view>

namespace rtc {

// Replaces by "***": ICE passwords in SDP (a=ice-pwd), values of the JSON members and query
// parameters token, credential, password and secret, bearer tokens, and the password in a
// scheme://user:password@host address.
std::string redact(std::string_view text);

}  // namespace rtc
