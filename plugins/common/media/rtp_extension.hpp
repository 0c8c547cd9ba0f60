// Header extensions of RTP packets as bytes (RFC 8285, one-byte form).
#pragma once

#include <cstdint>
#include <span>

namespace rtc {

// The data of the extension with that id; empty when the packet has none.
std::span<uint8_t> find_rtp_extension(std::span<uint8_t> packet, uint8_t id);

}  // namespace rtc
