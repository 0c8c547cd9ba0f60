#include "srtp/protector.hpp"

#include <algorithm>
#include <optional>

#include "base/network_order.hpp"

namespace rtc::srtp {

namespace {

// Nothing when it is no RTP packet (RFC 3550 section 5.1).
std::optional<size_t> header_size(std::span<const uint8_t> packet) {
  if (packet.size() < 12 || packet[0] >> 6 != 2) return {};
  size_t size = 12 + 4u * (packet[0] & 0x0f);
  if (packet[0] & 0x10) {
    if (packet.size() < size + 4) return {};
    size += 4 + 4u * read16(packet, size + 2);
  }
  if (packet.size() < size) return {};
  return size;
}

// RFC 3711 section 3.3.1: the index nearest to the last one with that sequence number.
uint64_t index_near(uint64_t last, uint16_t sequence) {
  const auto difference = static_cast<int16_t>(sequence - static_cast<uint16_t>(last));
  return last + static_cast<uint64_t>(static_cast<int64_t>(difference));
}

}  // namespace

Protector::Protector(std::unique_ptr<Ciphers> ciphers) : ciphers_(std::move(ciphers)) {}

std::unique_ptr<Protector> Protector::create(Master master) {
  auto ciphers = Ciphers::create(master, Protocol::srtp);
  return ciphers ? std::unique_ptr<Protector>(new Protector(std::move(ciphers))) : nullptr;
}

Protector::Result Protector::protect(std::span<uint8_t> packet, std::span<uint8_t, tag_size> tag) {
  const auto header = header_size(packet);
  if (!header) return Result::refused;
  const auto sequence = read16(packet, 2);
  const auto ssrc = read32(packet, 8);
  auto &used = used_[ssrc];
  const auto index = used.begun() ? index_near(used.highest(), sequence) : sequence;
  // Before the first packet of all an index is negative, a very large number.
  if (index >> 48 || !used.use(index)) return Result::refused;
  Tag made;
  if (!ciphers_->apply_keystream(ssrc, index, packet.subspan(*header)) ||
      !ciphers_->sign(packet, static_cast<uint32_t>(index >> 16), made))
    return Result::failed;
  std::copy(made.begin(), made.end(), tag.begin());
  return Result::done;
}

}  // namespace rtc::srtp
