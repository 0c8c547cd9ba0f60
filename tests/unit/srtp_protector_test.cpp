// RFC 3711: what a packet looks like when it is protected, and which ones are not sent.

#include "srtp/protector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/srtp_example.hpp"

using rtc::srtp::Protector;
using rtc::srtp::tag_size;
using namespace rtc::test;

namespace {

using Bytes = std::vector<uint8_t>;

std::unique_ptr<Protector> make() {
  return Protector::create(std::span<const uint8_t, rtc::srtp::master_size>(example_master));
}

Bytes packet(uint16_t sequence, uint32_t ssrc = 0xcafebabe, size_t payload = 16) {
  Bytes bytes{0x80, 0x0f};
  for (int shift : {8, 0}) bytes.push_back(static_cast<uint8_t>(sequence >> shift));
  for (uint8_t byte : {0xde, 0xca, 0xfb, 0xad}) bytes.push_back(byte);
  for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<uint8_t>(ssrc >> shift));
  bytes.resize(bytes.size() + payload, 0xab);
  return bytes;
}

struct Protected {
  bool sent;
  Bytes bytes;
};

Protected protect(Protector &protector, Bytes bytes) {
  const auto size = bytes.size();
  bytes.resize(size + tag_size);
  const auto result = protector.protect(
      {bytes.data(), size}, std::span<uint8_t, tag_size>(bytes.data() + size, tag_size));
  return {result == Protector::Result::done, bytes};
}

}  // namespace

// The packet that libsrtp checks itself with, under the same keys.
TEST(SrtpProtector, KnownPacket) {
  const auto protector = make();
  ASSERT_TRUE(protector);
  const auto [sent, bytes] = protect(*protector, packet(0x1234));
  EXPECT_TRUE(sent);
  EXPECT_EQ(bytes, from_hex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402"
                            "b78d6acc99ea179b8dbb"));
}

TEST(SrtpProtector, HeaderStaysReadable) {
  const auto protector = make();
  auto whole = packet(7, 1, 40);
  whole[0] = 0x92;  // two contributing sources, an extension
  whole[12 + 8 + 2] = 0;
  whole[12 + 8 + 3] = 3;  // of three words
  const size_t header = 12 + 8 + 4 + 12;
  const auto [sent, bytes] = protect(*protector, whole);
  ASSERT_TRUE(sent);
  EXPECT_TRUE(std::equal(whole.begin(), whole.begin() + header, bytes.begin()));
  EXPECT_FALSE(std::equal(whole.begin() + header, whole.end(), bytes.begin() + header));
}

TEST(SrtpProtector, NoKeystreamTwice) {
  const auto protector = make();
  EXPECT_TRUE(protect(*protector, packet(10)).sent);
  EXPECT_FALSE(protect(*protector, packet(10)).sent);
  EXPECT_TRUE(protect(*protector, packet(12)).sent) << "a gap";
  EXPECT_FALSE(protect(*protector, packet(10)).sent);
  EXPECT_FALSE(protect(*protector, packet(12)).sent);
  EXPECT_TRUE(protect(*protector, packet(11)).sent) << "two changed places";
  EXPECT_FALSE(protect(*protector, packet(11)).sent);
  EXPECT_TRUE(protect(*protector, packet(9)).sent) << "before the first one";
  EXPECT_TRUE(protect(*protector, packet(200)).sent);
  EXPECT_FALSE(protect(*protector, packet(200 - 64)).sent) << "too old to know";
  EXPECT_TRUE(protect(*protector, packet(200 - 63)).sent);
  EXPECT_FALSE(protect(*protector, packet(200 - 63)).sent);
  EXPECT_TRUE(protect(*protector, packet(10, 2)).sent) << "another source";
}

TEST(SrtpProtector, RefusesWhatIsNotRtp) {
  const auto protector = make();
  EXPECT_FALSE(protect(*protector, {}).sent);
  EXPECT_FALSE(protect(*protector, Bytes(11, 0x80)).sent);
  EXPECT_FALSE(protect(*protector, Bytes(40, 0)).sent) << "another version";
  auto short_of_sources = packet(1, 1, 8);
  short_of_sources[0] = 0x83;
  EXPECT_FALSE(protect(*protector, short_of_sources).sent);
  auto long_extension = packet(1, 1, 8);
  long_extension[0] = 0x90;
  long_extension[15] = 2;
  EXPECT_FALSE(protect(*protector, long_extension).sent);
}

TEST(SrtpProtector, NothingIsBeforeTheBeginning) {
  const auto protector = make();
  ASSERT_TRUE(protect(*protector, packet(3)).sent);
  EXPECT_FALSE(protect(*protector, packet(65530)).sent);
}

TEST(SrtpProtector, SequenceNumbersBeginAnew) {
  const auto protector = make();
  ASSERT_TRUE(protect(*protector, packet(65535)).sent);
  EXPECT_FALSE(protect(*protector, packet(65535)).sent);
  const auto next = protect(*protector, packet(0));
  ASSERT_TRUE(next.sent);
  EXPECT_FALSE(protect(*protector, packet(65535)).sent);
  // Without the rollover it would be the first packet of another connection, byte by byte.
  EXPECT_NE(next.bytes, protect(*make(), packet(0)).bytes);
}
