#include "data/sctp_packet.hpp"

#include <algorithm>
#include <array>

#include "base/network_order.hpp"

namespace rtc {

namespace {

constexpr size_t header = 12;       // ports, verification tag, checksum
constexpr size_t checksum_at = 8;   // little-endian, unlike the rest (RFC 9260 appendix A)
constexpr size_t chunk_header = 4;  // type, flags, length
constexpr size_t window_at = 8;     // in a SACK, after the acknowledged TSN
constexpr size_t data_header = 16;  // of a chunk with user data, its chunk header included
constexpr size_t stream_at = 8;     // in a chunk with user data
constexpr size_t protocol_at = 12;  // payload protocol identifier
constexpr size_t tsn_at = 4;
constexpr size_t reset_header = 16;  // of the request, before its streams
constexpr uint8_t data = 0, sack = 3, reconfiguration = 130;
constexpr uint8_t last_piece = 1;  // flag of a chunk with user data
constexpr uint32_t outgoing_reset = 13;
constexpr uint32_t establishment = 50;  // DCEP (RFC 8832 section 8.1)
constexpr uint8_t open_message = 3;

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < table.size(); byte++) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0x82F63B78u : 0u);
    table[byte] = value;
  }
  return table;
}
constexpr auto table = make_table();

uint32_t add(uint32_t state, std::span<const uint8_t> bytes) {
  for (const auto byte : bytes) state = state >> 8 ^ table[(state ^ byte) & 0xff];
  return state;
}

// Hands `each` the place and the length of every chunk of that type.
template <typename F>
void each_chunk(std::span<const uint8_t> packet, uint8_t type, F each) {
  for (size_t at = header; at + chunk_header <= packet.size();) {
    const size_t length = read16(packet, at + 2);
    if (length < chunk_header || at + length > packet.size()) return;
    if (packet[at] == type) each(at, length);
    at += (length + 3) & ~size_t(3);
  }
}

// Hands `each` the place of the window of each SACK.
template <typename F>
void each_window(std::span<const uint8_t> packet, F each) {
  each_chunk(packet, sack, [&](size_t at, size_t length) {
    if (length >= window_at + 4) each(at + window_at);
  });
}

}  // namespace

uint32_t crc32c(std::span<const uint8_t> bytes) { return ~add(~0u, bytes); }

DataChunks data_chunks(std::span<const uint8_t> packet) {
  DataChunks found;
  each_chunk(packet, data, [&](size_t, size_t length) {
    if (length < data_header) return;
    found.count++;
    found.bytes += length - data_header;
  });
  return found;
}

std::vector<uint16_t> opened_streams(std::span<const uint8_t> packet) {
  std::vector<uint16_t> streams;
  each_chunk(packet, data, [&](size_t at, size_t length) {
    if (length > data_header && read32(packet, at + protocol_at) == establishment &&
        packet[at + data_header] == open_message)
      streams.push_back(read16(packet, at + stream_at));
  });
  return streams;
}

std::vector<EndedMessage> ended_messages(std::span<const uint8_t> packet) {
  std::vector<EndedMessage> messages;
  each_chunk(packet, data, [&](size_t at, size_t length) {
    if (length > data_header && packet[at + 1] & last_piece)
      messages.push_back({read16(packet, at + stream_at), read32(packet, at + tsn_at)});
  });
  return messages;
}

std::vector<uint16_t> reset_streams(std::span<const uint8_t> packet) {
  std::vector<uint16_t> streams;
  each_chunk(packet, reconfiguration, [&](size_t chunk, size_t chunk_length) {
    const auto end = chunk + chunk_length;
    for (size_t at = chunk + chunk_header; at + chunk_header <= end;) {
      const size_t length = read16(packet, at + 2);
      if (length < chunk_header || at + length > end) return;
      if (read16(packet, at) == outgoing_reset)
        for (size_t next = at + reset_header; next + 2 <= at + length; next += 2)
          streams.push_back(read16(packet, next));
      at += (length + 3) & ~size_t(3);
    }
  });
  return streams;
}

uint32_t announced_window(std::span<const uint8_t> packet) {
  uint32_t window = 0;
  each_window(packet, [&](size_t at) { window = std::max(window, read32(packet, at)); });
  return window;
}

void limit_window(std::span<uint8_t> packet, uint32_t most) {
  bool changed = false;
  each_window(packet, [&](size_t at) {
    if (read32(packet, at) <= most) return;
    for (size_t i = 0; i < 4; i++) packet[at + i] = uint8_t(most >> (24 - 8 * i));
    changed = true;
  });
  if (!changed) return;
  std::fill_n(packet.begin() + checksum_at, 4, uint8_t(0));
  const auto sum = crc32c(packet);
  for (size_t i = 0; i < 4; i++) packet[checksum_at + i] = uint8_t(sum >> (8 * i));
}

}  // namespace rtc
