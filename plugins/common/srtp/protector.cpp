#include "srtp/protector.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <algorithm>
#include <optional>

#include "base/ref.hpp"

namespace rtc::srtp {

namespace {

constexpr size_t key_size = 16, salt_size = 14, auth_key_size = 20, digest_size = 20;
// RFC 3711 section 4.3.1.
constexpr uint8_t label_encryption = 0, label_authentication = 1, label_salt = 2;

using Block = std::array<uint8_t, 16>;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Freer<EVP_CIPHER_CTX_free>>;
using Mac = std::unique_ptr<EVP_MAC_CTX, Freer<EVP_MAC_CTX_free>>;

Cipher make_cipher(const uint8_t *key) {
  Cipher cipher(EVP_CIPHER_CTX_new());
  const Block zero{};
  if (!cipher || !EVP_EncryptInit_ex2(cipher.get(), EVP_aes_128_ctr(), key, zero.data(), nullptr))
    return nullptr;
  return cipher;
}

// XORs the keystream that begins at `iv` with the bytes (RFC 3711 section 4.1.1).
bool apply_keystream(EVP_CIPHER_CTX *cipher, const Block &iv, std::span<uint8_t> bytes) {
  int written = 0;
  return EVP_EncryptInit_ex2(cipher, nullptr, nullptr, iv.data(), nullptr) &&
         EVP_EncryptUpdate(cipher, bytes.data(), &written, bytes.data(),
                           static_cast<int>(bytes.size()));
}

// RFC 3711 section 4.3.1, with a key derivation rate of zero.
template <size_t Size>
std::optional<Secret<Size>> derive(std::span<const uint8_t, master_size> master, uint8_t label) {
  Secret<Size> key;
  Block iv{};
  std::copy_n(master.begin() + key_size, salt_size, iv.begin());
  iv[7] ^= label;
  const auto cipher = make_cipher(master.data());
  if (!cipher || !apply_keystream(cipher.get(), iv, key)) return {};
  return key;
}

Mac make_mac(std::span<const uint8_t> key) {
  const std::unique_ptr<EVP_MAC, Freer<EVP_MAC_free>> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  Mac mac(hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr);
  char digest[] = "SHA1";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (!mac || !EVP_MAC_init(mac.get(), key.data(), key.size(), parameters)) return nullptr;
  return mac;
}

uint16_t read16(const uint8_t *at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
uint32_t read32(const uint8_t *at) { return uint32_t(read16(at)) << 16 | read16(at + 2); }

// Nothing when it is no RTP packet (RFC 3550 section 5.1).
std::optional<size_t> header_size(std::span<const uint8_t> packet) {
  if (packet.size() < 12 || packet[0] >> 6 != 2) return {};
  size_t size = 12 + 4u * (packet[0] & 0x0f);
  if (packet[0] & 0x10) {
    if (packet.size() < size + 4) return {};
    size += 4 + 4u * read16(&packet[size + 2]);
  }
  if (packet.size() < size) return {};
  return size;
}

// RFC 3711 section 3.3.1: the index nearest to the last one with that sequence number.
uint64_t index_near(uint64_t last, uint16_t sequence) {
  const auto difference = static_cast<int16_t>(sequence - static_cast<uint16_t>(last));
  return last + static_cast<uint64_t>(static_cast<int64_t>(difference));
}

}  // namespace

struct Protector::Ciphers {
  Cipher cipher;
  Mac mac;
  Block salt{};  // on the left

  bool encrypt(uint32_t ssrc, uint64_t index, std::span<uint8_t> payload) {
    auto iv = salt;
    for (size_t i = 0; i < 4; i++) iv[4 + i] ^= static_cast<uint8_t>(ssrc >> (24 - 8 * i));
    for (size_t i = 0; i < 6; i++) iv[8 + i] ^= static_cast<uint8_t>(index >> (40 - 8 * i));
    return apply_keystream(cipher.get(), iv, payload);
  }
  // RFC 3711 section 4.2: of the packet and the rollover counter behind it.
  bool sign(std::span<const uint8_t> packet, uint64_t index, std::span<uint8_t, tag_size> tag) {
    uint8_t rollovers[4], digest[digest_size];
    for (size_t i = 0; i < 4; i++) rollovers[i] = static_cast<uint8_t>(index >> (40 - 8 * i));
    size_t size = 0;
    if (!EVP_MAC_init(mac.get(), nullptr, 0, nullptr) ||
        !EVP_MAC_update(mac.get(), packet.data(), packet.size()) ||
        !EVP_MAC_update(mac.get(), rollovers, sizeof rollovers) ||
        !EVP_MAC_final(mac.get(), digest, &size, sizeof digest))
      return false;
    std::copy_n(digest, tag_size, tag.begin());
    return true;
  }
};

Protector::Protector(std::unique_ptr<Ciphers> ciphers) : ciphers_(std::move(ciphers)) {}
Protector::~Protector() = default;

std::unique_ptr<Protector> Protector::create(std::span<const uint8_t, master_size> master) {
  const auto key = derive<key_size>(master, label_encryption);
  const auto auth_key = derive<auth_key_size>(master, label_authentication);
  const auto salt = derive<salt_size>(master, label_salt);
  if (!key || !auth_key || !salt) return nullptr;
  auto ciphers = std::make_unique<Ciphers>();
  ciphers->cipher = make_cipher(key->data());
  ciphers->mac = make_mac(*auth_key);
  std::copy(salt->begin(), salt->end(), ciphers->salt.begin());
  if (!ciphers->cipher || !ciphers->mac) return nullptr;
  return std::unique_ptr<Protector>(new Protector(std::move(ciphers)));
}

bool Protector::Stream::use(uint64_t index) {
  if (!begun() || index > highest) {
    const auto newer = index - highest;
    used = begun() && newer < 64 ? (used << newer) | 1 : 1;
    highest = index;
    return true;
  }
  const auto older = highest - index;
  if (older >= 64 || (used >> older) & 1) return false;
  used |= uint64_t(1) << older;
  return true;
}

Protector::Result Protector::protect(std::span<uint8_t> packet, std::span<uint8_t, tag_size> tag) {
  const auto header = header_size(packet);
  if (!header) return Result::refused;
  const auto sequence = read16(&packet[2]);
  const auto ssrc = read32(&packet[8]);
  auto &stream = streams_[ssrc];
  const auto index = stream.begun() ? index_near(stream.highest, sequence) : sequence;
  // Before the first packet of all an index is negative, a very large number.
  if (index >> 48 || !stream.use(index)) return Result::refused;
  return ciphers_->encrypt(ssrc, index, packet.subspan(*header)) &&
                 ciphers_->sign(packet, index, tag)
             ? Result::done
             : Result::failed;
}

}  // namespace rtc::srtp
