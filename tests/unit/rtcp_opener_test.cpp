// RFC 3711 section 3.4: which RTCP comes out of what is protected, and what does not.

#include "srtp/rtcp_opener.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "support/srtp_example.hpp"

using namespace rtc::srtp;
using namespace rtc::test;

namespace {

using Bytes = std::vector<uint8_t>;

class RtcpOpenerTest : public testing::Test {
 protected:
  std::optional<Bytes> open(Bytes packet) {
    const auto [result, rtcp] = opener_->open(packet);
    repeated_ = result == RtcpOpener::Result::repeated;
    if (result != RtcpOpener::Result::opened) return {};
    return Bytes(rtcp.begin(), rtcp.end());
  }
  // What a sender makes of it.
  Bytes protect(uint32_t index, uint32_t ssrc = 1, bool encrypted = true) {
    Bytes bytes{0x80, 201, 0, 3, 0, 0, 0, static_cast<uint8_t>(ssrc), 1, 2, 3, 4, 5, 6, 7, 8};
    const uint32_t number = index | (encrypted ? 0x80000000 : 0);
    if (encrypted) ciphers_->apply_keystream(ssrc, index, std::span(bytes).subspan(8));
    Tag tag;
    ciphers_->sign(bytes, number, tag);
    for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<uint8_t>(number >> shift));
    bytes.insert(bytes.end(), tag.begin(), tag.end());
    return bytes;
  }

  const std::unique_ptr<RtcpOpener> opener_ = RtcpOpener::create(Master(example_master));
  bool repeated_ = false;
  const std::unique_ptr<Ciphers> ciphers_ =
      Ciphers::create(Master(example_master), Protocol::srtcp);
};

}  // namespace

// The packet that libsrtp checks itself with, under the same keys.
TEST_F(RtcpOpenerTest, KnownPacket) {
  EXPECT_EQ(open(from_hex("81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001"
                          "993e08cd54d6c1230798")),
            from_hex("81c8000bcafebabeabababababababababababababababab"));
}

TEST_F(RtcpOpenerTest, WhatIsNotEncryptedIsSigned) {
  const auto packet = protect(7, 1, false);
  EXPECT_EQ(open(packet), Bytes(packet.begin(), packet.begin() + 16));
  auto changed = protect(8, 1, false);
  changed[9] ^= 1;
  EXPECT_FALSE(open(changed));
}

TEST_F(RtcpOpenerTest, NoBitMayChange) {
  const auto packet = protect(1);
  for (size_t at = 0; at < packet.size(); at++) {
    auto changed = packet;
    changed[at] ^= 0x10;
    EXPECT_FALSE(open(changed)) << at;
    EXPECT_FALSE(repeated_) << at;
  }
  EXPECT_TRUE(open(packet)) << "what was refused does not count";
}

TEST_F(RtcpOpenerTest, NothingTwice) {
  EXPECT_TRUE(open(protect(10)));
  EXPECT_FALSE(open(protect(10)));
  EXPECT_TRUE(repeated_);
  EXPECT_TRUE(open(protect(12)));
  EXPECT_TRUE(open(protect(11)));
  EXPECT_FALSE(open(protect(11)));
  EXPECT_TRUE(open(protect(10, 2))) << "another source";
}

TEST_F(RtcpOpenerTest, SourcesAreCounted) {
  int opened = 0;
  for (uint32_t ssrc = 0; ssrc < 200; ssrc++) opened += open(protect(1, ssrc)) ? 1 : 0;
  EXPECT_EQ(opened, 64);
}

TEST_F(RtcpOpenerTest, RefusesWhatIsTooShort) {
  const auto packet = protect(1);
  for (size_t size = 0; size < 22; size++)
    EXPECT_FALSE(open(Bytes(packet.begin(), packet.begin() + static_cast<long>(size)))) << size;
  EXPECT_FALSE(open(Bytes(22, 0)));
}
