#include "server/metrics.hpp"

#include <glib.h>

namespace rtc {

std::string metrics_text(const Rooms::Counts &counts, uint64_t refused_connections) {
  const struct {
    const char *name, *type, *help;
    uint64_t value;
  } rows[] = {
      {"rtc_peers", "gauge", "Peers that are connected.", counts.peers},
      {"rtc_rooms", "gauge", "Rooms with at least one peer.", counts.rooms},
      {"rtc_sessions", "gauge", "Sessions between two peers.", counts.sessions},
      {"rtc_messages_total", "counter", "Messages received from peers.", counts.messages},
      {"rtc_errors_total", "counter", "Messages that were refused.", counts.errors},
      {"rtc_connections_refused_total", "counter",
       "Requests refused for their token or because the server is full.", refused_connections},
  };
  std::string text;
  for (const auto &row : rows)
    text += format("# HELP %s %s\n# TYPE %s %s\n%s %" G_GUINT64_FORMAT "\n", row.name, row.help,
                   row.name, row.type, row.name, row.value);
  return text;
}

}  // namespace rtc
