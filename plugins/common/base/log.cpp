#include "base/log.hpp"

#include <mutex>

namespace rtc {

GstDebugCategory *log_category = nullptr;

void init_log() {
  static std::once_flag once;
  std::call_once(once, [] {
    log_category = _gst_debug_category_new("rtc", 0, "WebRTC signaling, sessions and media");
  });
}

}  // namespace rtc
