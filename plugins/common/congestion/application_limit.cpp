#include "congestion/application_limit.hpp"

namespace rtc {

namespace {

constexpr auto window = milliseconds(500);
constexpr double enters_below = 0.65, leaves_above = 0.80;

}  // namespace

void ApplicationLimit::sent(size_t size, TimePoint now) {
  if (!since_) since_ = now;
  window_.push_back({now, size});
  bytes_ += static_cast<double>(size);
  forget(now);
}

void ApplicationLimit::forget(TimePoint now) {
  while (!window_.empty() && now - window_.front().at > window) {
    bytes_ -= static_cast<double>(window_.front().size);
    window_.pop_front();
  }
}

bool ApplicationLimit::update(Bitrate target, TimePoint now) {
  forget(now);
  if (!since_ || now - *since_ < window) return limited_;
  const double use = bytes_ * 8 / to_seconds(window) / target;
  limited_ = use < (limited_ ? leaves_above : enters_below);
  return limited_;
}

}  // namespace rtc
