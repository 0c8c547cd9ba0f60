// When the path of a session counts as broken and when as gone for good (pure). Packets of any kind
// are signs of life: RTCP comes at least every few seconds from whoever receives or sends.
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace rtc {

struct PathHealth {
  bool failed = false;    // ICE or DTLS gave it up
  bool orphaned = false;  // the signaling it was made over is gone, so nobody would say goodbye
  milliseconds silence{0};
};

// Longer than an interruption that heals by itself: RTCP of audio alone comes every 5 s, give or
// take half of it (RFC 3550 section 6.2).
constexpr auto silence_of_a_broken_path = seconds(8);
constexpr auto silence_of_an_orphan = seconds(2);
// RFC 7675 section 5.1: consent to send expires after 30 s.
constexpr auto silence_of_a_dead_peer = seconds(30);

// Data alone may have nothing to say but SCTP's heartbeats, every 30 s give or take half of it (RFC
// 9260 section 8.3).
constexpr auto silence_of_idle_data = seconds(45);

inline milliseconds data_silence(milliseconds since_last_packet) {
  return std::max(milliseconds(0), since_last_packet - milliseconds(silence_of_idle_data));
}

inline bool is_broken(const PathHealth &path) {
  return path.failed ||
         path.silence > (path.orphaned ? silence_of_an_orphan : silence_of_a_broken_path);
}

inline bool is_dead(const PathHealth &path) { return path.silence > silence_of_a_dead_peer; }

}  // namespace rtc
