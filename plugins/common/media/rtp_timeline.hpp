// When the RTP timestamps of one track are, learned from its frames (pure). Either way goes by the
// nearest frame that is known, at the track's clock rate.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace rtc {

class RtpTimeline {
 public:
  using Time = std::chrono::nanoseconds;

  // Further from every known frame than this nothing is known: who has begun anew has other
  // timestamps.
  static constexpr std::chrono::seconds reach{10};

  explicit RtpTimeline(unsigned clock_rate) : clock_rate_(clock_rate) {}

  void learn(uint32_t timestamp, Time time);

  std::optional<uint32_t> timestamp_at(Time time) const;
  std::optional<Time> time_of(uint32_t timestamp) const;
  // A frame with that timestamp or a later one was learned.
  bool has_passed(uint32_t timestamp) const;
  // Of the latest frame that was learned.
  std::optional<Time> latest() const { return latest_; }

 private:
  struct Frame {
    uint32_t timestamp;
    Time time;
  };

  // What lies between two timestamps; negative where the second is the earlier one.
  Time between(uint32_t from, uint32_t to) const;
  template <typename F>
  const Frame *nearest(F distance) const;

  const int64_t clock_rate_;
  std::deque<Frame> frames_;
  std::optional<Time> latest_;
  uint32_t newest_ = 0;
};

}  // namespace rtc
