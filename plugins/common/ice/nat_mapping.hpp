// What kind of NAT is in front of this machine, by asking two STUN servers from one socket
// (RFC 5780 section 4.3, with two servers where it has one with two addresses).
//
// Threads: the event loop; classify_mapping() is pure.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/event_loop.hpp"
#include "ice/ice_uri.hpp"
#include "ice/ip_port.hpp"
#include "ice/local_side.hpp"

namespace rtc {

enum class NatMapping {
  unknown,               // fewer than two answers
  none,                  // no NAT: we are seen where we are
  endpoint_independent,  // one address for all: direct connections are likely
  endpoint_dependent,    // another one for another server: "symmetric", relays are likely
  port_dependent,        // the same, already for another port of the same server
  port_independent,      // the servers are one machine: another port makes no difference
};

// In snake case, as in JSON.
const char *to_string(NatMapping mapping);
// For people: what it means.
const char *describe(NatMapping mapping);

// What one server saw.
struct MappingAnswer {
  IpPort server, local, mapped;
};

NatMapping classify_mapping(const MappingAnswer &first, const MappingAnswer &second);

// One test; destroying it gives up, and nothing is called any more.
class MappingProbe {
 public:
  using Done = std::function<void(NatMapping, std::vector<MappingAnswer>)>;

  // Asks the servers, of which the first two of one address family that answer decide. `done` comes
  // once, later, and may destroy this.
  MappingProbe(EventLoop &loop, const std::vector<IpPort> &servers, const LocalSide &local,
               milliseconds timeout, Done done);
  ~MappingProbe();
  MappingProbe(const MappingProbe &) = delete;

 private:
  class Attempt;
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace rtc
