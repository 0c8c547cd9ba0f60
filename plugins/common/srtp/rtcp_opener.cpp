#include "srtp/rtcp_opener.hpp"

#include <openssl/crypto.h>

#include "base/network_order.hpp"

namespace rtc::srtp {

namespace {
constexpr size_t clear_size = 8;  // the first header, and the SSRC of the sender
constexpr size_t index_size = 4;
constexpr size_t most_sources = 64;
constexpr uint32_t encrypted = 0x80000000;  // the flag E
}  // namespace

RtcpOpener::RtcpOpener(std::unique_ptr<Ciphers> ciphers) : ciphers_(std::move(ciphers)) {}

std::unique_ptr<RtcpOpener> RtcpOpener::create(Master master) {
  auto ciphers = Ciphers::create(master, Protocol::srtcp);
  return ciphers ? std::unique_ptr<RtcpOpener>(new RtcpOpener(std::move(ciphers))) : nullptr;
}

RtcpOpener::Opened RtcpOpener::open(std::span<uint8_t> packet) {
  if (packet.size() < clear_size + index_size + tag_size) return {};
  const auto rtcp = packet.first(packet.size() - index_size - tag_size);
  const auto number = read32(packet, rtcp.size());
  Tag tag;
  if (!ciphers_->sign(rtcp, number, tag) ||
      CRYPTO_memcmp(tag.data(), packet.last(tag_size).data(), tag_size) != 0)
    return {};
  const auto ssrc = read32(packet, 4);
  const auto index = number & ~encrypted;
  if (!used_.contains(ssrc) && used_.size() >= most_sources) return {};
  if (!used_[ssrc].use(index)) return {Result::repeated, {}};
  if (number & encrypted && !ciphers_->apply_keystream(ssrc, index, rtcp.subspan(clear_size)))
    return {};
  return {Result::opened, rtcp};
}

}  // namespace rtc::srtp
