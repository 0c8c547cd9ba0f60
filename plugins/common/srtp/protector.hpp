// The sending half of SRTP (RFC 3711) with AES_CM_128_HMAC_SHA1_80, for the RTP packets of all
// SSRCs under one master key.
//
// Threads: one at a time.
#pragma once

#include <map>

#include "srtp/ciphers.hpp"

namespace rtc::srtp {

class Protector {
 public:
  // Nothing when the ciphers are not to be had.
  static std::unique_ptr<Protector> create(Master master);

  enum class Result {
    done,
    refused,  // no RTP packet, or its index was used before: its keystream would be used twice
    failed,   // by OpenSSL
  };
  // Encrypts the packet in place and writes its tag. What is not done must not be sent.
  Result protect(std::span<uint8_t> packet, std::span<uint8_t, tag_size> tag);

 private:
  explicit Protector(std::unique_ptr<Ciphers> ciphers);

  std::unique_ptr<Ciphers> ciphers_;
  // Of each SSRC, ROC * 2^16 + SEQ: packets may change places on their way here.
  std::map<uint32_t, IndexWindow> used_;
};

}  // namespace rtc::srtp
