#include "media/flexfec.hpp"

#include <algorithm>
#include <array>

#include "base/network_order.hpp"
#include "media/rtp_extension.hpp"
#include "media/rtp_frame.hpp"

namespace rtc {

namespace {

constexpr size_t ssrc_count_at = 8, ssrc_at = 12, base_at = 16, mask_at = 18;
constexpr uint8_t last_mask = 0x80;
constexpr uint8_t changeable = 0x3f;  // of the first byte: P, X, CC
// The parts of a mask, each after a bit that tells whether it is the last one.
struct MaskPart {
  size_t at, bytes, first_bit, bits;
};
constexpr std::array mask_parts = {MaskPart{mask_at, 2, 0, 15}, MaskPart{mask_at + 2, 4, 15, 31},
                                   MaskPart{mask_at + 6, 8, 46, 63}};
// Parity comes right after what it protects, a retransmission a second later at most.
constexpr size_t most_packets = 1024, most_waiting = 64;
constexpr size_t largest_packet = 2048;

void write16(RtpBytes &bytes, size_t at, size_t value) {
  bytes[at] = static_cast<uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<uint8_t>(value);
}

// Bit 0 is the highest one, after that of the part itself.
void set_bit(RtpBytes &bytes, size_t part_at, size_t bit) {
  bytes[part_at + (bit + 1) / 8] |= static_cast<uint8_t>(0x80 >> ((bit + 1) % 8));
}

bool has_bit(std::span<const uint8_t> bytes, size_t part_at, size_t bit) {
  return bytes[part_at + (bit + 1) / 8] & (0x80 >> ((bit + 1) % 8));
}

void combine(std::span<uint8_t> into, std::span<const uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); i++) into[i] ^= bytes[i];
}

// What parity keeps of a packet's header: its first two bytes, length and time stamp.
std::array<uint8_t, 8> recovery_fields(const RtpBytes &packet) {
  std::array<uint8_t, 8> fields;
  std::copy_n(packet.begin(), fields.size(), fields.begin());
  fields[0] &= changeable;
  const auto length = packet.size() - rtp_header_size;
  fields[2] = static_cast<uint8_t>(length >> 8);
  fields[3] = static_cast<uint8_t>(length);
  return fields;
}

std::span<const uint8_t> after_header(const RtpBytes &packet) {
  return std::span(packet).subspan(rtp_header_size);
}

RtpBytes parity_of(std::span<const RtpBytes> packets, size_t first, size_t step) {
  size_t longest = 0, last = first;
  for (size_t i = first; i < packets.size(); i += step) {
    longest = std::max(longest, packets[i].size() - rtp_header_size);
    last = i;
  }
  size_t parts = 1;
  while (last >= mask_parts[parts - 1].first_bit + mask_parts[parts - 1].bits) parts++;
  const auto header = mask_parts[parts - 1].at + mask_parts[parts - 1].bytes;
  RtpBytes parity(header + longest);
  for (size_t i = first; i < packets.size(); i += step) {
    combine(parity, recovery_fields(packets[i]));
    combine(std::span(parity).subspan(header), after_header(packets[i]));
    const auto part = std::find_if(mask_parts.begin(), mask_parts.end(),
                                   [i](const auto &p) { return i < p.first_bit + p.bits; });
    set_bit(parity, part->at, i - part->first_bit);
  }
  parity[mask_parts[parts - 1].at] |= last_mask;
  parity[ssrc_count_at] = 1;
  std::copy_n(packets.front().begin() + 8, 4, parity.begin() + ssrc_at);
  write16(parity, base_at, read16(packets.front(), 2));
  return parity;
}

}  // namespace

RtpBytes to_protect(std::span<const uint8_t> packet, const FlexfecExtensions &extensions) {
  RtpBytes bytes(packet.begin(), packet.end());
  for (const auto id : {extensions.transport_cc_id, extensions.abs_send_time_id})
    if (id) std::ranges::fill(find_rtp_extension(bytes, id), uint8_t(0));
  return bytes;
}

std::vector<RtpBytes> flexfec_payloads(std::span<const RtpBytes> packets, size_t count) {
  std::vector<RtpBytes> result;
  count = std::min(count, packets.size());
  for (size_t i = 0; i < count; i++) result.push_back(parity_of(packets, i, count));
  return result;
}

std::optional<FlexfecDecoder::Parity> FlexfecDecoder::read(std::span<const uint8_t> payload) {
  // Retransmissions and fixed masks are not negotiated.
  if (payload.size() < mask_at + 2 || payload[0] & 0xc0 || payload[ssrc_count_at] != 1) return {};
  Parity parity{read32(payload, ssrc_at), {}, {payload.begin(), payload.begin() + 8}, {}};
  const auto base = read16(payload, base_at);
  size_t end = 0;
  for (const auto &part : mask_parts) {
    end = part.at + part.bytes;
    if (payload.size() < end) return {};
    for (size_t bit = 0; bit < part.bits; bit++)
      if (has_bit(payload, part.at, bit))
        parity.sequences.push_back(static_cast<uint16_t>(base + part.first_bit + bit));
    if (payload[part.at] & last_mask) break;
  }
  parity.payload.assign(payload.begin() + static_cast<ptrdiff_t>(end), payload.end());
  if (parity.sequences.empty()) return {};
  return parity;
}

void FlexfecDecoder::keep(const Key &key, RtpBytes packet) {
  if (packets_.contains(key)) return;
  packets_.emplace(key, std::move(packet));
  order_.push_back(key);
  came_++;
  if (order_.size() <= most_packets) return;
  packets_.erase(order_.front());
  order_.pop_front();
}

std::vector<RtpBytes> FlexfecDecoder::media(std::span<const uint8_t> packet) {
  if (packet.size() < rtp_header_size || packet.size() > largest_packet) return {};
  keep({read32(packet, 8), read16(packet, 2)}, to_protect(packet, extensions_));
  forget_old();
  return recover_all();
}

std::vector<RtpBytes> FlexfecDecoder::parity(std::span<const uint8_t> payload) {
  if (payload.size() > largest_packet) return {};
  auto parity = read(payload);
  if (!parity) return {};
  parity->came = came_;
  waiting_.push_back(std::move(*parity));
  if (waiting_.size() > most_waiting) waiting_.pop_front();
  return recover_all();
}

std::optional<uint16_t> FlexfecDecoder::missing(const Parity &parity) const {
  std::optional<uint16_t> found;
  for (const auto sequence : parity.sequences) {
    if (packets_.contains({parity.ssrc, sequence})) continue;
    if (found) return {};
    found = sequence;
  }
  return found;
}

std::optional<RtpBytes> FlexfecDecoder::recover(const Parity &parity, uint16_t sequence) const {
  auto header = parity.header;
  auto payload = parity.payload;
  for (const auto other : parity.sequences) {
    if (other == sequence) continue;
    const auto &packet = packets_.at({parity.ssrc, other});
    if (packet.size() - rtp_header_size > payload.size()) return {};
    combine(header, recovery_fields(packet));
    combine(payload, after_header(packet));
  }
  const auto length = read16(header, 2);
  if (length > payload.size()) return {};
  RtpBytes packet(rtp_header_size + length);
  std::copy(header.begin(), header.end(), packet.begin());
  packet[0] = static_cast<uint8_t>(0x80 | (header[0] & changeable));
  write16(packet, 2, sequence);
  for (size_t i = 0; i < 4; i++) packet[8 + i] = static_cast<uint8_t>(parity.ssrc >> (24 - 8 * i));
  std::copy_n(payload.begin(), length, packet.begin() + rtp_header_size);
  return packet;
}

void FlexfecDecoder::forget_old() {
  while (!waiting_.empty() && came_ - waiting_.front().came > most_packets) waiting_.pop_front();
}

// What one parity packet gives may be what another one lacked. Each is of use once; what gives
// nothing though it lacks one packet only is nonsense.
std::vector<RtpBytes> FlexfecDecoder::recover_all() {
  std::vector<RtpBytes> result;
  for (bool more = true; more;) {
    more = false;
    std::erase_if(waiting_, [&](const auto &parity) {
      const auto sequence = missing(parity);
      if (!sequence)
        return std::all_of(parity.sequences.begin(), parity.sequences.end(), [&](auto s) {
          return packets_.contains({parity.ssrc, s});
        });
      if (auto packet = recover(parity, *sequence)) {
        keep({parity.ssrc, *sequence}, *packet);
        result.push_back(std::move(*packet));
        more = true;
      }
      return true;
    });
  }
  return result;
}

}  // namespace rtc
