// The rate that loss allows. draft-ietf-rmcat-gcc-02 section 6 takes loss for congestion: above 2 %
// the rate stays, above 10 % it falls, whatever the cause, so a radio link that loses 5 % holds a
// sender down for ever. Here two causes are weighed, as in libwebrtc since 2021 but simpler: an
// inherent loss p, the same at any rate, and a bandwidth b above which the surplus is lost,
//   P(lost | rate) = p + (1 - p) * max(0, 1 - b / rate).
// Of a row of candidates for b the one is taken under which the last seconds (rate, packets, lost)
// are most likely, each with the p that suits it best. A small cost of p lets a high loss be tried
// by going lower first; if it does not shrink with the rate, the candidate "no limit" wins. Pure;
// belongs to the congestion controller.
#pragma once

#include <deque>

#include "congestion/transport_feedback.hpp"

namespace rtc {

class LossController {
 public:
  void add(const PacketResult &packet);
  // After a feedback: `wished` is what the delay allows.
  void update(Bitrate wished, TimePoint now);

  // None: loss says nothing against any rate.
  std::optional<Bitrate> limit() const { return limit_; }
  // However little the rate has to do with it: what so much loss leaves at most.
  std::optional<Bitrate> bound() const { return bound_; }
  // By this the rate is multiplied for a moment of asking: if much loss is our own doing, it or the
  // delay gets less then.
  double dip() const { return dips_ ? 0.5 : 1; }
  // Part of the packets that were lost of late, and how much of that is the path's own.
  double loss() const { return loss_; }
  double inherent() const { return inherent_; }

 private:
  struct Observation {
    TimePoint first, last;  // sent
    double bytes = 0;
    double packets = 0;
    double lost = 0;
    Bitrate rate() const;
  };
  struct Fit {
    double score;
    double inherent;
  };
  bool close();
  Bitrate delivered() const;
  Fit fit(Bitrate bandwidth) const;
  double score(Bitrate bandwidth, double inherent) const;
  void choose(Bitrate wished);
  void set_bound();
  void ask(TimePoint now);

  Observation open_;
  std::deque<Observation> observations_;  // newest at the back
  std::optional<Bitrate> limit_;
  std::optional<Bitrate> bound_;
  bool dips_ = false;
  std::optional<TimePoint> asked_;
  Duration interval_ = seconds(4);
  double loss_ = 0;
  double inherent_ = 0;
};

}  // namespace rtc
