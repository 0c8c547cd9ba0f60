// How a Viewer learns what its path takes, and keeps to it.
#include "session/viewer.hpp"

namespace rtc {

namespace {
constexpr double retransmitted_part = 0.15;
// Beside a flow that keeps the queue full all packets of a quarter of a second are lost now and
// then, and right after that there is room.
constexpr double retransmitted_part_contested = 0.3;
constexpr auto burst_contested = seconds(1);
constexpr double nearly_all = 0.95;
}  // namespace

void Viewer::control_rate(Bitrate most, bool follows) {
  follows_ = follows;
  // Begins at the top: on most paths that is right, and on the others a second tells.
  most_rate_ = most;
  controller_.emplace(CongestionLimits{lowest_rate, most, most});
  session_->transport().on_feedback(
      [&loop = loop_, weak = weak_from_this()](const TransportFeedback &feedback) {
        loop.post(if_alive(weak, [feedback](Viewer &self) { self.take_feedback(feedback); }));
      });
}

void Viewer::take_feedback(TransportFeedback feedback) {
  fed_ = true;
  probe_.mark(feedback);
  controller_->on_feedback(feedback, Clock::now());
}

size_t Viewer::repeat_packet() {
  std::optional<Outlet::Packet> largest;
  for (const auto &track : tracks_) {
    if (track->input->kind() != MediaKind::video) continue;
    const auto packet = track->outlet->largest_recent();
    if (packet && (!largest || packet->size > largest->size)) largest = packet;
  }
  if (!largest) return 0;
  session_->repeater().repeat(largest->ssrc, largest->sequence);
  return largest->size + packet_overhead;
}

std::optional<Bitrate> Viewer::rate(TimePoint now) {
  if (!controller_ || !fed_) return {};
  uint64_t bytes = 0;
  for (const auto &track : tracks_) {
    const auto counters = track->outlet->counters();
    bytes += counters.bytes + counters.parity_bytes;
  }
  if (bytes < counted_bytes_) counted_bytes_ = bytes;  // a track is gone
  if (bytes > counted_bytes_) {
    SentPacket packet;
    packet.sent = now;
    packet.size = static_cast<size_t>(bytes - std::exchange(counted_bytes_, bytes));
    controller_->sent(packet, now);
  }
  const auto decision = controller_->tick(now);
  congestion_ = decision.state;
  const auto left = 1 / (1 + protect_tracks(decision, now));
  congestion_->sustained *= left;
  if (!follows_) return decision.target * left;
  if (decision.probe) probe_.start(*decision.probe, now);
  // A path that takes everything needs no pacing, which wakes a worker for every few packets.
  const auto pace =
      decision.target < most_rate_ * (1 + allowed_) * nearly_all ? decision.pacing : 0;
  for (const auto &track : tracks_)
    if (track->input->kind() == MediaKind::video) track->outlet->pace(pace);
  // What the path loses by itself has to be sent again, and some of that again.
  const bool contested = decision.state.competing;
  const auto part =
      (contested ? retransmitted_part_contested : retransmitted_part) + 2 * decision.state.inherent;
  session_->retransmissions()->limit(
      std::max(decision.target * part, lowest_rate), decision.state.rtt,
      contested ? Duration(burst_contested) : Duration(RetransmissionBudget::usual_burst));
  return decision.target * left;
}

}  // namespace rtc
