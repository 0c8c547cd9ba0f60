// Addresses that name a stream: rtc+ws://host:port/room?stream=name or ?peer-id=id (pure).
#pragma once

#include <string>

#include "base/error.hpp"
#include "receiving_element.hpp"

namespace rtc {

struct SourceUri {
  std::string server;  // without the query
  std::string stream;
  std::string peer_id;
};

// A secret in the address is refused: addresses are logged and shown.
Result<SourceUri> parse_source_uri(const std::string &uri);
std::string to_uri(const SourceSettings &settings);

}  // namespace rtc
