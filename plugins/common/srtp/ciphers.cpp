#include "srtp/ciphers.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <algorithm>
#include <optional>

#include "base/ref.hpp"

namespace rtc::srtp {

namespace {

constexpr size_t key_size = 16, salt_size = 14, auth_key_size = 20, digest_size = 20;
// RFC 3711 section 4.3.1, and 4.3.2 where those of SRTCP come after those of SRTP.
constexpr uint8_t label_encryption = 0, label_authentication = 1, label_salt = 2, labels = 3;

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

bool apply(EVP_CIPHER_CTX *cipher, const Block &iv, std::span<uint8_t> bytes) {
  int written = 0;
  return EVP_EncryptInit_ex2(cipher, nullptr, nullptr, iv.data(), nullptr) &&
         EVP_EncryptUpdate(cipher, bytes.data(), &written, bytes.data(),
                           static_cast<int>(bytes.size()));
}

// RFC 3711 section 4.3.1, with a key derivation rate of zero.
template <size_t Size>
std::optional<Secret<Size>> derive(Master master, uint8_t label) {
  Secret<Size> key;
  Block iv{};
  std::copy_n(master.begin() + key_size, salt_size, iv.begin());
  iv[7] ^= label;
  const auto cipher = make_cipher(master.data());
  if (!cipher || !apply(cipher.get(), iv, key)) return {};
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

}  // namespace

struct Ciphers::Contexts {
  Cipher cipher;
  Mac mac;
  Block salt{};  // on the left
};

Ciphers::Ciphers(std::unique_ptr<Contexts> contexts) : contexts_(std::move(contexts)) {}
Ciphers::~Ciphers() = default;

std::unique_ptr<Ciphers> Ciphers::create(Master master, Protocol protocol) {
  const uint8_t first = protocol == Protocol::srtcp ? labels : 0;
  const auto key = derive<key_size>(master, first + label_encryption);
  const auto auth_key = derive<auth_key_size>(master, first + label_authentication);
  const auto salt = derive<salt_size>(master, first + label_salt);
  if (!key || !auth_key || !salt) return nullptr;
  auto contexts = std::make_unique<Contexts>();
  contexts->cipher = make_cipher(key->data());
  contexts->mac = make_mac(*auth_key);
  std::copy(salt->begin(), salt->end(), contexts->salt.begin());
  if (!contexts->cipher || !contexts->mac) return nullptr;
  return std::unique_ptr<Ciphers>(new Ciphers(std::move(contexts)));
}

bool Ciphers::apply_keystream(uint32_t ssrc, uint64_t index, std::span<uint8_t> bytes) {
  auto iv = contexts_->salt;
  for (size_t i = 0; i < 4; i++) iv[4 + i] ^= static_cast<uint8_t>(ssrc >> (24 - 8 * i));
  for (size_t i = 0; i < 6; i++) iv[8 + i] ^= static_cast<uint8_t>(index >> (40 - 8 * i));
  return apply(contexts_->cipher.get(), iv, bytes);
}

bool Ciphers::sign(std::span<const uint8_t> bytes, uint32_t number, Tag &tag) {
  auto *mac = contexts_->mac.get();
  uint8_t behind[4], digest[digest_size];
  for (size_t i = 0; i < 4; i++) behind[i] = static_cast<uint8_t>(number >> (24 - 8 * i));
  size_t size = 0;
  if (!EVP_MAC_init(mac, nullptr, 0, nullptr) || !EVP_MAC_update(mac, bytes.data(), bytes.size()) ||
      !EVP_MAC_update(mac, behind, sizeof behind) ||
      !EVP_MAC_final(mac, digest, &size, sizeof digest))
    return false;
  std::copy_n(digest, tag_size, tag.begin());
  return true;
}

bool IndexWindow::use(uint64_t index) {
  if (!begun() || index > highest_) {
    const auto newer = index - highest_;
    used_ = begun() && newer < 64 ? (used_ << newer) | 1 : 1;
    highest_ = index;
    return true;
  }
  const auto older = highest_ - index;
  if (older >= 64 || (used_ >> older) & 1) return false;
  used_ |= uint64_t(1) << older;
  return true;
}

}  // namespace rtc::srtp
