// What the packets of SRTP and SRTCP are made with (RFC 3711): AES_CM_128_HMAC_SHA1_80, by OpenSSL.
//
// Threads: one at a time.
#pragma once

#include <string.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace rtc::srtp {

// Of the master key with the master salt behind it, as DTLS-SRTP gives them (RFC 5764 section 4.2).
constexpr size_t master_size = 16 + 14;
using Master = std::span<const uint8_t, master_size>;

constexpr size_t tag_size = 10;
using Tag = std::array<uint8_t, tag_size>;

// Bytes that do not outlive their use.
template <size_t Size>
struct Secret : std::array<uint8_t, Size> {
  Secret() { this->fill(0); }
  Secret(const Secret &) = default;
  Secret &operator=(const Secret &) = default;
  ~Secret() { explicit_bzero(this->data(), Size); }
};

enum class Protocol { srtp, srtcp };

class Ciphers {
 public:
  // With the session keys of that protocol; nothing when the ciphers are not to be had.
  static std::unique_ptr<Ciphers> create(Master master, Protocol protocol);
  ~Ciphers();

  // Encrypts or decrypts the bytes of the packet with that index (RFC 3711 section 4.1.1).
  bool apply_keystream(uint32_t ssrc, uint64_t index, std::span<uint8_t> bytes);
  // Of the bytes, and of the number behind them (RFC 3711 section 4.2).
  bool sign(std::span<const uint8_t> bytes, uint32_t number, Tag &tag);

 private:
  struct Contexts;
  explicit Ciphers(std::unique_ptr<Contexts> contexts);

  std::unique_ptr<Contexts> contexts_;
};

// The indices of which packets came (RFC 3711 section 3.3.2), in any order.
class IndexWindow {
 public:
  // False: that one did before, or is too old to be told.
  bool use(uint64_t index);
  bool begun() const { return used_ != 0; }
  uint64_t highest() const { return highest_; }

 private:
  uint64_t highest_ = 0;
  uint64_t used_ = 0;  // bit n: highest - n
};

}  // namespace rtc::srtp
