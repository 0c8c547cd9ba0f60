// STUN messages out of a byte stream (pure; RFC 8489 section 6.2.2): over TCP and TLS they follow
// one another without anything between.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtc {

class StunFrames {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }
  // The next whole message; none before more bytes come, or when the stream is broken.
  std::optional<std::string> next();
  // What came is no STUN message; there is no way to find the next one.
  bool broken() const { return broken_; }

 private:
  std::string buffer_;
  bool broken_ = false;
};

}  // namespace rtc
