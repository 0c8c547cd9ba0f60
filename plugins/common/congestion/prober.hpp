// When to send a probe: a short run of packets faster than the target, whose spacing at the far end
// shows what the link bears long before the slow increase would (libwebrtc's probe controller;
// draft-ietf-rmcat-gcc-02 has none). At the start 3 and 6 times the start rate; after a large drop
// every few seconds, until the rate is back; now and then while the application sends too little to
// show anything; after a success further, while no queue grows. One at a time. The sender paces and
// pads, the prober only says what to send. Pure; belongs to the congestion controller.
#pragma once

#include "congestion/transport_feedback.hpp"

namespace rtc {

struct Probe {
  Bitrate rate = 0;
  size_t bytes = 0;  // at least so much
  int packets = 0;   // at least so many
  int cluster = 0;   // for SentPacket
};

class Prober {
 public:
  struct Situation {
    Bitrate target = 0;
    Bitrate max = 0;
    bool application_limited = false;
    bool clear = true;  // no queue, no loss that limits
  };
  // `climbs`: the start is not the most already.
  explicit Prober(Bitrate start, bool climbs = true);

  // The probe to send now, told once.
  std::optional<Probe> next(const Situation &situation, TimePoint now);
  // What a probe showed. The rate to take over for a target so far, if it is higher.
  std::optional<Bitrate> measured(int cluster, Bitrate result, Bitrate target, TimePoint now);
  // A queue grows. Soon after a probe raised the rate, the room it saw was another flow's.
  void overused(TimePoint now);
  // The link is likely to bear more, up to `rate`: it did before a drop, or the limit was raised.
  void seek(Bitrate rate, TimePoint now);
  // Time broke: nothing that waits for a time does any more.
  void restart();

 private:
  bool searches(const Situation &situation, TimePoint now) const;
  std::optional<Bitrate> wanted(const Situation &situation, TimePoint now) const;

  Bitrate start_;
  size_t initial_ = 0;                       // initial probes sent
  std::optional<Bitrate> further_;           // after a success
  std::optional<TimePoint> sent_;            // waits for its result
  std::optional<TimePoint> last_;            // any probe
  std::optional<TimePoint> clear_;           // since when
  std::optional<TimePoint> searches_since_;  // the rate is likely to be too low
  Bitrate sought_ = 0;                       // what it was before; 0 at the start: not known
  std::optional<TimePoint> raised_;          // by much
  int misled_ = 0;                           // probes in a row after which a queue grew
  Bitrate rate_ = 0;
  int cluster_ = 0;
};

}  // namespace rtc
