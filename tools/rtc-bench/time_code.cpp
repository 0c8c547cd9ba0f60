#include "time_code.hpp"

#include <bit>
#include <chrono>
#include <cstring>

namespace rtc::bench {

using namespace time_code;

uint32_t time_code_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count() & 0xffffff;
}

void paint_time_code(uint8_t *luma, size_t stride, uint32_t code) {
  for (int block = 0; block < blocks; block++) {
    const bool parity = std::popcount(code & 0xffffff) & 1;
    const bool white = block < bits    ? code >> (bits - 1 - block) & 1
                       : block == bits ? parity
                                       : true;
    for (int row = 0; row < block_size; row++)
      memset(luma + row * stride + block * block_size, white ? 235 : 16, block_size);
  }
}

std::optional<uint32_t> read_time_code(const uint8_t *luma, size_t stride) {
  const auto white = [&](int block) {
    return luma[block_size / 2 * stride + block * block_size + block_size / 2] > 128;
  };
  uint32_t code = 0;
  for (int block = 0; block < bits; block++) code = code << 1 | white(block);
  if (!white(blocks - 1) || white(bits) != ((std::popcount(code) & 1) == 1)) return {};
  return code;
}

}  // namespace rtc::bench
