// The receiving half of SRTCP (RFC 3711 section 3.4) with AES_CM_128_HMAC_SHA1_80.
//
// Threads: one at a time.
#pragma once

#include <map>

#include "srtp/ciphers.hpp"

namespace rtc::srtp {

class RtcpOpener {
 public:
  // Nothing when the ciphers are not to be had.
  static std::unique_ptr<RtcpOpener> create(Master master);

  enum class Result {
    opened,
    repeated,  // it is genuine, but came before
    refused,   // too short, its tag is wrong, or it is of one SSRC too many
  };
  struct Opened {
    Result result = Result::refused;
    std::span<uint8_t> rtcp;
  };
  // Decrypts the packet in place.
  Opened open(std::span<uint8_t> packet);

 private:
  explicit RtcpOpener(std::unique_ptr<Ciphers> ciphers);

  std::unique_ptr<Ciphers> ciphers_;
  std::map<uint32_t, IndexWindow> used_;  // by SSRC
};

}  // namespace rtc::srtp
