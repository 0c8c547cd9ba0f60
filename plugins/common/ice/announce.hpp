// Host addresses told to the peer other than those of the machine's interfaces: behind a 1:1 NAT or
// in a container with forwarded ports (pure). What ICE learns beyond that, srflx and relay
// candidates, is left alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace rtc {

class Announce {
 public:
  // "203.0.113.5" announces the address beside the local ones, "10.0.0.2=203.0.113.5" in place of
  // the local one; several are separated by commas.
  static Result<Announce> parse(std::string_view text);

  bool empty() const { return entries_.empty(); }
  // The candidates to tell the peer for a local one ("candidate:..."), itself among them unless it
  // is replaced.
  std::vector<std::string> apply(const std::string &candidate) const;

 private:
  struct Entry {
    std::string local;  // empty: every one of the same family
    std::string announced;
  };
  std::vector<Entry> entries_;
};

}  // namespace rtc
