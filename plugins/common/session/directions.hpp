// Which ways media goes in the m= sections of a two-way session (pure; RFC 9429 section 4.2.3).
//
// webrtcbin 1.22 cannot change the direction of a transceiver: a description that does is an error.
// So it never learns of a change: it sees every section of the other side as sendrecv and keeps to
// what it began with, while what is sent has the true directions written into it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "message/message.hpp"
#include "message/sdp.hpp"

namespace rtc {

struct Way {
  bool send = false;
  bool receive = false;

  auto operator<=>(const Way &) const = default;
};

std::string to_string(const Way &way);

class Directions {
 public:
  // Remembers what the other side does, and makes `description` what webrtcbin is to see.
  void received(Description &description, const Sdp &sdp);
  // Writes what we do into a description that webrtcbin made; an answer goes no further than its
  // offer. `ours` tells what we would do in a section.
  void describe(Description &description, const Sdp &sdp,
                const std::function<Way(size_t mline)> &ours) const;

  // What the other side does; nothing in a section that it has not described.
  Way other(size_t mline) const { return mline < others_.size() ? others_[mline] : Way(); }
  // Sections that it has described.
  size_t sections() const { return others_.size(); }

 private:
  std::vector<Way> others_;
};

}  // namespace rtc
