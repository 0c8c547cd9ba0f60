// The wall clock as a row of black and white blocks on top of a picture, which survives an encoder:
// 24 bits of milliseconds, the most significant first, then their parity and a white block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace rtc::bench {

namespace time_code {
constexpr int bits = 24;
constexpr int blocks = bits + 2;
constexpr int block_size = 24;  // pixels, square
constexpr int width = blocks * block_size;
}  // namespace time_code

// Milliseconds of the wall clock, the lower 24 bits.
uint32_t time_code_now();

// `luma` is the first row of a plane of 8-bit samples, at least time_code::width wide.
void paint_time_code(uint8_t *luma, size_t stride, uint32_t code);
std::optional<uint32_t> read_time_code(const uint8_t *luma, size_t stride);

// Milliseconds between two codes.
inline int32_t time_code_difference(uint32_t later, uint32_t earlier) {
  return static_cast<int32_t>((later - earlier) << 8) >> 8;
}

}  // namespace rtc::bench
