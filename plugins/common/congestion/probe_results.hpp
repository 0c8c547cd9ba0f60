// What probes measured: the rate at which a cluster was sent against the rate at which it arrived.
// If it arrived slower, the link was full and that is its capacity; else the link bears at least
// what was sent (libwebrtc's probe bitrate estimator). Pure; belongs to the congestion controller.
#pragma once

#include <map>

#include "congestion/prober.hpp"

namespace rtc {

class ProbeResults {
 public:
  struct Result {
    int cluster;
    Bitrate rate;
  };

  void expect(const Probe &probe, TimePoint now);
  // A packet of a cluster that arrived; a result once, when enough of them did.
  std::optional<Result> add(const PacketResult &packet);
  void restart() { clusters_.clear(); }

 private:
  struct Cluster {
    Probe probe;
    TimePoint announced;
    int packets = 0;
    size_t bytes = 0;
    TimePoint first_sent, last_sent;  // the latter: of the last burst
    Duration first_arrival{0}, last_arrival{0};
    size_t last_sent_size = 0;
    size_t first_arrival_size = 0;
    std::vector<PacketResult> arrivals;
    void take(const PacketResult &packet);
    bool complete() const;
    std::optional<Bitrate> stretched() const;
    std::optional<Bitrate> rate() const;
  };
  std::map<int, Cluster> clusters_;
};

}  // namespace rtc
