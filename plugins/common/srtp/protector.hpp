// The sending half of SRTP (RFC 3711) with AES_CM_128_HMAC_SHA1_80, for the RTP packets of all
// SSRCs under one master key. The ciphers are OpenSSL's.
//
// Threads: one at a time.
#pragma once

#include <string.h>

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

// Bytes that do not outlive their use.
template <size_t Size>
struct Secret : std::array<uint8_t, Size> {
  Secret() { this->fill(0); }
  Secret(const Secret &) = default;
  Secret &operator=(const Secret &) = default;
  ~Secret() { explicit_bzero(this->data(), Size); }
};

class Protector {
 public:
  // Nothing when the ciphers are not to be had.
  static std::unique_ptr<Protector> create(std::span<const uint8_t, master_size> master);
  ~Protector();

  enum class Result {
    done,
    refused,  // no RTP packet, or its index was used before: its keystream would be used twice
    failed,   // by OpenSSL
  };
  // Encrypts the packet in place and writes its tag. What is not done must not be sent.
  Result protect(std::span<uint8_t> packet, std::span<uint8_t, tag_size> tag);

 private:
  struct Ciphers;
  // RFC 3711 section 3.3.2, for the sender: packets of an SSRC may change places on their way here.
  struct Stream {
    uint64_t highest = 0;  // index: ROC * 2^16 + SEQ
    uint64_t used = 0;     // bit n: highest - n

    bool begun() const { return used != 0; }
    bool use(uint64_t index);
  };
  explicit Protector(std::unique_ptr<Ciphers> ciphers);

  std::unique_ptr<Ciphers> ciphers_;
  std::map<uint32_t, Stream> streams_;  // by SSRC
};

}  // namespace rtc::srtp
