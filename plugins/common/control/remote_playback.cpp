#include "control/remote_playback.hpp"

#include <algorithm>

namespace rtc {

namespace {
// States travel with jitter, and say what the sink of the publisher shows.
constexpr auto tolerance = std::chrono::milliseconds(500);
}  // namespace

RemotePlayback::Time RemotePlayback::Timeline::at(Time running_time) const {
  if (!playing || running_time <= from) return position;
  return position +
         Time(static_cast<int64_t>(static_cast<double>((running_time - from).count()) * rate));
}

bool RemotePlayback::told(const PlaybackState &state, Time now, Time delay) {
  state_ = state;
  if (!state.seekable) before_.reset();
  if (!state.seekable) return std::exchange(timeline_, std::nullopt).has_value();
  const Timeline next{now + delay, state.position, state.rate, state.playing};
  if (timeline_ && timeline_->playing == next.playing && timeline_->rate == next.rate &&
      std::chrono::abs(timeline_->at(next.from) - next.position) <= tolerance)
    return false;
  if (timeline_ && timeline_->from <= now) before_ = timeline_;
  timeline_ = next;
  return true;
}

RemotePlayback::Time RemotePlayback::position(Time now) const {
  return (before_ && now < timeline_->from ? before_ : timeline_)->at(now);
}

}  // namespace rtc
