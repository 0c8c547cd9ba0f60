// Asks one STUN or TURN server what a session would ask of it, and tells what came of it. With a
// STUN server: where it sees us. With a TURN server: an allocation, wanted also a measurement
// through it, and the allocation is given back.
//
// Threads: the event loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/event_loop.hpp"
#include "ice/ip_port.hpp"
#include "ice/local_side.hpp"
#include "ice/probe_outcome.hpp"
#include "ice/relay_quality.hpp"

namespace rtc {

struct ServerProbeSettings {
  IceUri uri;                  // over its transport
  std::string username;        // of a TURN server; empty: those in the URI
  std::string credential;      // secret
  std::string tls_ca_file;     // PEM; empty: the system's authorities
  milliseconds timeout{5000};  // until the server has accepted or refused
  LocalSide local;
  unsigned relay_packets = 0;  // to send through the relay, 20 ms apart
};

struct ServerReport {
  ProbeOutcome outcome = ProbeOutcome::timeout;
  Error error;   // unless it works: cause and remedy
  int code = 0;  // of the STUN error
  IpPort local, remote, mapped, relayed;
  milliseconds time{0};  // until the outcome

  struct Relay {
    RelayQuality quality;
    bool to_itself = false;  // see RelayCheck: nothing came by way of a peer
    Error error;             // why nothing comes back
  };
  std::optional<Relay> relay;  // what was measured

  bool works() const { return outcome == ProbeOutcome::works; }
};

// One probe; destroying it gives up, and nothing is called any more.
class ServerProbe {
 public:
  using Done = std::function<void(ServerReport)>;

  // `done` comes once, later, and may destroy the ServerProbe.
  ServerProbe(EventLoop &loop, const ServerProbeSettings &settings, Done done);
  ~ServerProbe();
  ServerProbe(const ServerProbe &) = delete;

 private:
  class Attempt;
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace rtc
