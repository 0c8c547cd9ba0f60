// The example of RFC 3711 that packets of SRTP and SRTCP are checked with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rtc::test {

inline std::vector<uint8_t> from_hex(const std::string &text) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

// The master key and salt of appendix B.3.
inline const std::vector<uint8_t> example_master =
    from_hex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6");

}  // namespace rtc::test
