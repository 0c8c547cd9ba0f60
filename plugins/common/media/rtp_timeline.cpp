#include "media/rtp_timeline.hpp"

#include <algorithm>

namespace rtc {

namespace {
constexpr size_t most_frames = 256;
constexpr int64_t second = 1'000'000'000;

int64_t divide_rounded(int64_t value, int64_t by) {
  return (value + (value < 0 ? -by / 2 : by / 2)) / by;
}
}  // namespace

void RtpTimeline::learn(uint32_t timestamp, Time time) {
  latest_ = latest_ ? std::max(*latest_, time) : time;
  const auto ahead = between(newest_, timestamp);
  if (frames_.empty() || ahead > Time(0) || ahead < -Time(reach)) newest_ = timestamp;
  if (!frames_.empty() && frames_.back().timestamp == timestamp) {
    frames_.back().time = time;
    return;
  }
  frames_.push_back({timestamp, time});
  if (frames_.size() > most_frames) frames_.pop_front();
}

RtpTimeline::Time RtpTimeline::between(uint32_t from, uint32_t to) const {
  const int64_t ticks = static_cast<int32_t>(to - from);
  return Time(divide_rounded(ticks * second, clock_rate_));
}

bool RtpTimeline::has_passed(uint32_t timestamp) const {
  return !frames_.empty() && between(timestamp, newest_) >= Time(0);
}

// Of those that are equally near the one that was learned last.
template <typename F>
const RtpTimeline::Frame *RtpTimeline::nearest(F distance) const {
  const Frame *best = nullptr;
  auto least = Time(reach) + Time(1);
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
    const auto away = std::chrono::abs(distance(*frame));
    if (away >= least) continue;
    least = away;
    best = &*frame;
  }
  return best;
}

std::optional<uint32_t> RtpTimeline::timestamp_at(Time time) const {
  const auto *frame = nearest([&](const Frame &f) { return time - f.time; });
  if (!frame) return {};
  const auto ticks = divide_rounded((time - frame->time).count() * clock_rate_, second);
  return frame->timestamp + static_cast<uint32_t>(ticks);
}

std::optional<RtpTimeline::Time> RtpTimeline::time_of(uint32_t timestamp) const {
  const auto *frame = nearest([&](const Frame &f) { return between(f.timestamp, timestamp); });
  if (!frame) return {};
  return frame->time + between(frame->timestamp, timestamp);
}

}  // namespace rtc
