#include "session/host.hpp"

#include "base/log.hpp"

namespace rtc {

namespace {
constexpr auto take_over_period = milliseconds(200);
}

Host::Host(EventLoop &loop, ServerSettings settings)
    : loop_(loop), shared_(settings.listen.empty()), settings_(std::move(settings)) {
  if (shared_) settings_.listen = meeting_point;
}

Result<bool> Host::open() {
  if (server_) return true;
  auto started = Server::start(loop_, settings_);
  if (started) {
    server_ = std::move(*started);
    RTC_INFO("hosting %s", server_->page_url().c_str());
    return true;
  }
  if (shared_) return true;
  return started.error();
}

void Host::take_over() {
  if (!shared_) return;
  (void)open();
  if (!server_) retry_ = loop_.every(take_over_period, [this] { (void)open(); });
}

std::string Host::signaling_url() const {
  return server_ ? server_->signaling_url() : std::string("ws://") + meeting_point + "/";
}

std::string Host::page_url() const {
  return server_ ? server_->page_url() : std::string("http://") + meeting_point + "/";
}

}  // namespace rtc
