// Numbers in packets, the highest byte first, at any address. The caller has looked that they are
// there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rtc {

inline uint16_t read16(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

inline uint32_t read32(std::span<const uint8_t> bytes, size_t at) {
  return uint32_t(read16(bytes, at)) << 16 | read16(bytes, at + 2);
}

}  // namespace rtc
