// The candidate pair that ICE settled on, in the words of W3C webrtc-stats.
#pragma once

#include <string>

namespace rtc {

struct SelectedPair {
  std::string local_type;  // host, srflx, prflx, relay
  std::string remote_type;
  std::string protocol;        // udp or tcp, between us and the peer or the peer's relay
  std::string relay_protocol;  // udp, tcp or tls to our TURN server; empty without one
  std::string local_address;   // address:port, [address]:port for IPv6
  std::string remote_address;
  unsigned relay_port = 0;  // of the TURN server as libnice knows it

  bool operator==(const SelectedPair &) const = default;
};

}  // namespace rtc
