// What the server counts, as Prometheus text (pure).
#pragma once

#include <cstdint>
#include <string>

#include "server/rooms.hpp"

namespace rtc {

std::string metrics_text(const Rooms::Counts &counts, uint64_t refused_connections);

}  // namespace rtc
