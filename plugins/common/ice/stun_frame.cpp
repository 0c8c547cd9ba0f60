#include "ice/stun_frame.hpp"

namespace rtc {

namespace {

constexpr size_t header = 20;
constexpr char cookie[] = "\x21\x12\xa4\x42";  // RFC 8489 section 5

}  // namespace

// ChannelData would come with the two highest bits 01: only over channels, and none is ever bound.
std::optional<std::string> StunFrames::next() {
  if (broken_ || buffer_.empty()) return std::nullopt;
  broken_ = (static_cast<unsigned char>(buffer_[0]) & 0xc0) != 0 ||
            (buffer_.size() >= 8 && buffer_.compare(4, 4, cookie, 4) != 0);
  if (broken_ || buffer_.size() < header) return std::nullopt;
  const auto size = header + static_cast<unsigned char>(buffer_[2]) * 256u +
                    static_cast<unsigned char>(buffer_[3]);
  broken_ = size % 4 != 0;
  if (broken_ || buffer_.size() < size) return std::nullopt;
  auto message = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return message;
}

}  // namespace rtc
