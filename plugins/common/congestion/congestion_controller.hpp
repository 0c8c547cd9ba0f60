// Google congestion control for one transport: transport-wide feedback in, the rate to send at out.
// The delay-based part (BurstGroups, Trendline, OveruseDetector, QueueWatch, RateControl) and the
// loss-based part (LossController) each give a rate, the lower one counts
// (draft-ietf-rmcat-gcc-02 section 3); probes lift it. Pure: takes `now`, sends nothing; whoever
// sends does the pacing and the padding. Survives clocks that are set, at either end, and packets
// it never heard of. Belongs to the thread of the session.
#pragma once

#include "congestion/acknowledged_bitrate.hpp"
#include "congestion/application_limit.hpp"
#include "congestion/burst_groups.hpp"
#include "congestion/loss_controller.hpp"
#include "congestion/overuse_detector.hpp"
#include "congestion/probe_results.hpp"
#include "congestion/prober.hpp"
#include "congestion/queue_watch.hpp"
#include "congestion/rate_control.hpp"
#include "congestion/trendline.hpp"

namespace rtc {

struct CongestionLimits {
  Bitrate min = 30000;
  Bitrate start = 300000;
  Bitrate max = 10000000;
};

// Why the target is what it is.
enum class RateReason { start, delay, draining, loss, competing, probe, no_feedback, maximum };

struct CongestionState {
  NetworkUse use = NetworkUse::normal;
  RateReason reason = RateReason::start;
  bool application_limited = false;
  double loss = 0;      // part of the packets, of late
  double inherent = 0;  // of which the path's own
  Duration queueing{0};
  bool competing = false;  // another flow keeps the queue
  Duration rtt{0};
  Bitrate sustained = 0;  // what the path bears once the queue that we made is gone
  Bitrate acknowledged = 0;
  Bitrate delay_based = 0;
  std::optional<Bitrate> loss_based;
};

struct CongestionDecision {
  Bitrate target = 0;
  Bitrate pacing = 0;
  std::optional<Probe> probe;
  CongestionState state;
};

class CongestionController : public BandwidthEstimator {
 public:
  explicit CongestionController(const CongestionLimits &limits);

  void limit(Bitrate min, Bitrate max, TimePoint now);
  void sent(const SentPacket &packet, TimePoint now);
  void on_feedback(const TransportFeedback &feedback, TimePoint now) override;
  // As RTCP tells it; without it the age of what feedback acknowledges serves.
  void rtt(Duration rtt);
  // To be called every 5 to 50 ms; a probe is told once.
  CongestionDecision tick(TimePoint now);
  Bitrate target() const override { return target_; }

 private:
  // What knows the path; made anew when time itself broke.
  struct Path {
    BurstGroups groups;
    Trendline trendline;
    OveruseDetector detector;
    QueueWatch queue;
    AcknowledgedBitrate acknowledged;
    std::optional<Duration> receiver_ahead;  // its clock at the last feedback, less ours
    std::optional<Duration> age;             // of the newest packet then
  };

  void advance(TimePoint now);
  std::vector<PacketResult> usable(const TransportFeedback &feedback, TimePoint now) const;
  bool watch_clocks(const PacketResult &newest, TimePoint now);
  void arrived(const PacketResult &packet, TimePoint now);
  void control(bool lost, TimePoint now);
  void await_feedback(TimePoint now);
  void settle(TimePoint now);
  Bitrate pacing(TimePoint now) const;

  CongestionLimits limits_;
  Path path_;
  RateControl rate_;
  LossController loss_;
  ApplicationLimit application_;
  Prober prober_;
  ProbeResults probes_;
  Bitrate target_;
  Bitrate sustained_;
  RateReason rate_reason_ = RateReason::start;  // of the rate before loss and drain
  RateReason reason_ = RateReason::start;
  std::optional<Duration> rtt_;  // told
  std::optional<TimePoint> now_;
  std::optional<TimePoint> fed_;        // last feedback
  std::optional<TimePoint> waiting_;    // for feedback, since this packet was sent
  std::optional<TimePoint> starved_;    // rate lowered for want of feedback
  std::optional<TimePoint> congested_;  // last overuse or loss
};

}  // namespace rtc
