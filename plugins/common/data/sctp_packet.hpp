// SCTP packets (RFC 9260 section 3), as far as data channels need to look into them (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rtc {

// The checksum of SCTP and iSCSI (RFC 9260 appendix A).
uint32_t crc32c(std::span<const uint8_t> bytes);

// The user data in a packet.
struct DataChunks {
  size_t count = 0;
  size_t bytes = 0;
};
DataChunks data_chunks(std::span<const uint8_t> packet);

// The streams on which the packet asks to open a channel: those of its DATA_CHANNEL_OPEN messages
// (RFC 8832 section 5.1).
std::vector<uint16_t> opened_streams(std::span<const uint8_t> packet);

// The messages whose last piece is in the packet.
struct EndedMessage {
  uint16_t stream;
  uint32_t tsn;
};
std::vector<EndedMessage> ended_messages(std::span<const uint8_t> packet);

// The streams that the other side resets in the packet: those of its Outgoing SSN Reset Requests
// (RFC 6525 section 4.1).
std::vector<uint16_t> reset_streams(std::span<const uint8_t> packet);

// The largest window that a SACK in the packet announces; 0: it has none.
uint32_t announced_window(std::span<const uint8_t> packet);

// Lets the SACKs in a packet announce a window of `most` bytes at most. The packet's checksum must
// be right, and is right afterwards.
void limit_window(std::span<uint8_t> packet, uint32_t most);

}  // namespace rtc
