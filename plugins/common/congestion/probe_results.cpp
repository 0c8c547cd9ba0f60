#include "congestion/probe_results.hpp"

#include <algorithm>

namespace rtc {

namespace {

constexpr auto awaited_for = seconds(3);
constexpr double enough = 0.8;
constexpr auto longest = seconds(1);
// Packets of a frame leave together.
constexpr auto one_burst = milliseconds(1);
// An arrival faster than this against sending is a receiver that slept, not a link.
constexpr double credible = 2;
// Of a link that proved full, a little is left for the queue to go.
constexpr double full_below = 0.9, of_full = 0.95;

}  // namespace

void ProbeResults::expect(const Probe &probe, TimePoint now) {
  std::erase_if(clusters_,
                [&](const auto &row) { return now - row.second.announced > awaited_for; });
  clusters_[probe.cluster] = Cluster{.probe = probe, .announced = now};
}

std::optional<ProbeResults::Result> ProbeResults::add(const PacketResult &packet) {
  const auto at = packet.cluster ? clusters_.find(*packet.cluster) : clusters_.end();
  if (at == clusters_.end() || !packet.arrival) return std::nullopt;
  at->second.take(packet);
  if (!at->second.complete()) return std::nullopt;
  const auto cluster = at->second;
  clusters_.erase(at);
  const auto rate = cluster.rate();
  return rate ? std::optional(Result{cluster.probe.cluster, *rate}) : std::nullopt;
}

void ProbeResults::Cluster::take(const PacketResult &packet) {
  const bool first = packets++ == 0;
  bytes += packet.size;
  if (first || packet.sent < first_sent) first_sent = packet.sent;
  if (first || packet.sent > last_sent + one_burst) {
    last_sent = packet.sent;
    last_sent_size = 0;
  }
  if (packet.sent >= last_sent) last_sent_size += packet.size;
  if (first || *packet.arrival < first_arrival) {
    first_arrival = *packet.arrival;
    first_arrival_size = packet.size;
  }
  last_arrival = first ? *packet.arrival : std::max(last_arrival, *packet.arrival);
  arrivals.push_back(packet);
}

// Of the second half alone, if it was stretched on its way: a shaper lets the first packets pass
// faster than it can go on.
std::optional<Bitrate> ProbeResults::Cluster::stretched() const {
  auto ordered = arrivals;
  std::sort(ordered.begin(), ordered.end(),
            [](const auto &a, const auto &b) { return a.arrival < b.arrival; });
  size_t before = 0, after = 0;
  const PacketResult *middle = nullptr;
  for (const auto &packet : ordered) {
    (middle ? after : before) += packet.size;
    if (!middle && before * 2 >= bytes) middle = &packet;
  }
  const auto arriving = last_arrival - *middle->arrival;
  const auto sending = ordered.back().sent - middle->sent;
  if (sending <= Duration(0) || to_seconds(arriving) * full_below < to_seconds(sending)) return {};
  return static_cast<double>(after) * 8 / to_seconds(arriving);
}

bool ProbeResults::Cluster::complete() const {
  return packets >= enough * probe.packets &&
         static_cast<double>(bytes) >= enough * static_cast<double>(probe.bytes);
}

std::optional<Bitrate> ProbeResults::Cluster::rate() const {
  const auto sending = last_sent - first_sent, arriving = last_arrival - first_arrival;
  if (sending <= Duration(0) || arriving <= Duration(0) || std::max(sending, arriving) > longest)
    return std::nullopt;
  // n packets span n - 1 intervals: those sent last and the first one received open none.
  const Bitrate sent = static_cast<double>(bytes - last_sent_size) * 8 / to_seconds(sending);
  Bitrate arrived = static_cast<double>(bytes - first_arrival_size) * 8 / to_seconds(arriving);
  if (const auto later = stretched()) arrived = std::min(arrived, *later);
  if (arrived > credible * sent) return std::nullopt;
  return arrived < full_below * sent ? of_full * arrived : std::min(sent, arrived);
}

}  // namespace rtc
