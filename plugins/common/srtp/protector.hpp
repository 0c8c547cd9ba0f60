// The sending half of SRTP (RFC 3711) with AES_CM_128_HMAC_SHA1_80, for the RTP packets of all
// SSRCs under one master key. The ciphers are OpenSSL's.
//
// Threads: one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>

namespace rtc::srtp {

// Of the master key with the master salt behind it, as DTLS-SRTP gives them (RFC 5764 section 4.2).
constexpr size_t master_size = 16 + 14;
// What protect() adds to a packet.
constexpr size_t tag_size = 10;

class Protector {
 public:
  // Nothing when the ciphers are not to be had.
  static std::unique_ptr<Protector> create(std::span<const uint8_t, master_size> master);
  ~Protector();

  // Encrypts the packet in place and writes its tag behind it. False, with the packet as it was,
  // when it is no RTP packet, or not newer than the last one of its SSRC: the same keystream would
  // be used twice.
  bool protect(std::span<uint8_t> packet, std::span<uint8_t, tag_size> tag);

 private:
  struct Ciphers;
  explicit Protector(std::unique_ptr<Ciphers> ciphers);

  std::unique_ptr<Ciphers> ciphers_;
  std::map<uint32_t, uint64_t> indexes_;  // of the last packet of each SSRC: ROC * 2^16 + SEQ
};

}  // namespace rtc::srtp
