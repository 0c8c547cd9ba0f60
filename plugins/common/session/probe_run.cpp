#include "session/probe_run.hpp"

namespace rtc {

namespace {
constexpr auto period = milliseconds(1);
}  // namespace

void ProbeRun::start(const Probe &probe, TimePoint now) {
  pacing_.begin(probe, now);
  step();
}

void ProbeRun::step() {
  for (auto now = Clock::now(); pacing_.due(now); now = Clock::now()) {
    const auto size = repeat_();
    if (size == 0) pacing_.give_up();
    pacing_.sent(size, now);
  }
  if (pacing_.active()) timer_ = loop_.after(period, [this] { step(); });
}

}  // namespace rtc
