#include "media/rtp_extension.hpp"

#include "base/network_order.hpp"
#include "media/rtp_frame.hpp"

namespace rtc {

namespace {
constexpr size_t extension_header = 4;
constexpr uint16_t one_byte_form = 0xBEDE;
}  // namespace

std::span<uint8_t> find_rtp_extension(std::span<uint8_t> packet, uint8_t id) {
  if (packet.size() < rtp_header_size || !(packet[0] & 0x10)) return {};
  size_t at = rtp_header_size + size_t(4) * (packet[0] & 0x0f);
  if (at + extension_header > packet.size() || read16(packet, at) != one_byte_form) return {};
  const auto end = at + extension_header + size_t(4) * read16(packet, at + 2);
  if (end > packet.size()) return {};
  for (at += extension_header; at < end;) {
    if (!packet[at]) {
      at++;
      continue;
    }
    const size_t length = (packet[at] & 0x0f) + 1u;
    if (packet[at] >> 4 == id)
      return at + 1 + length <= end ? packet.subspan(at + 1, length) : std::span<uint8_t>();
    at += 1 + length;
  }
  return {};
}

}  // namespace rtc
