// The parity that goes beside a Viewer's video.
#include <algorithm>
#include <cmath>

#include "session/viewer.hpp"

namespace rtc {

namespace {
constexpr double kept = 0.95;  // of what was measured, each time
constexpr double worth_telling = 0.05;
}  // namespace

void Viewer::describe_parity(Description &description, const Sdp &sdp) const {
  const auto fresh = new_sections(sdp);
  for (size_t i = 0; i < sdp.media.size(); i++) {
    const auto found = fresh.find(i);
    const auto *track = found == fresh.end() ? track_of_mline(i) : found->second;
    if (!track || !track->fec.ssrc || sdp.media[i].rejected()) continue;
    // Not again to a viewer that took none.
    if (track->codec && !track->fec.payload_type) continue;
    description.sdp = add_parity(description.sdp, i, track->fec.payload_type, track->input->ssrc(),
                                 track->fec.ssrc);
  }
}

void Viewer::measure_parity(const Outlet::Counters &sum) {
  // Less than before: a track is gone. A frame is counted when it begins to leave, its parity after
  // that.
  if (sum.bytes >= protected_.bytes && sum.parity_bytes >= protected_.parity_bytes) {
    video_ = video_ * kept + static_cast<double>(sum.bytes - protected_.bytes);
    beside_ = beside_ * kept + static_cast<double>(sum.parity_bytes - protected_.parity_bytes);
    overhead_ = video_ > 0 ? std::min(beside_ / video_, 1.) : 0;
  }
  protected_ = sum;
}

double Viewer::protect_tracks(const CongestionDecision &decision, TimePoint now) {
  Outlet::Counters sum;
  bool taken = false;
  for (const auto &track : tracks_) {
    if (!track->fec.payload_type) continue;
    taken = true;
    const auto counters = track->outlet->counters();
    sum.bytes += counters.bytes;
    sum.parity_bytes += counters.parity_bytes;
  }
  if (!taken && !protected_.bytes) return 0;
  if (!taken) video_ = beside_ = overhead_ = 0;
  measure_parity(sum);
  // Beside another flow that keeps the queue full what is lost is lost in bursts.
  const auto &state = decision.state;
  auto part = parity_->update(state.competing ? 0 : state.inherent, state.rtt, now);
  // What is passed through makes no room for it.
  if (const auto without = state.acknowledged / (1 + overhead_); !follows_ && without > 0)
    part = std::clamp(decision.target / without - 1, 0.0, part);
  for (const auto &track : tracks_)
    if (track->fec.payload_type) track->outlet->protect(part);
  // On a path that takes everything the video keeps its rate.
  if (std::abs(overhead_ - allowed_) > worth_telling || (allowed_ > 0 && overhead_ == 0)) {
    allowed_ = overhead_;
    controller_->limit(lowest_rate, most_rate_ * (1 + allowed_), now);
  }
  return overhead_;
}

}  // namespace rtc
