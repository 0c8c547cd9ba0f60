#include "data/sctp_packet.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace rtc {
namespace {

using Bytes = std::vector<uint8_t>;

// Ports, verification tag, room for the checksum.
const Bytes header{0x13, 0x88, 0x13, 0x88, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0};

Bytes sack(uint32_t window) {
  return {3,
          0,
          0,
          16,
          0,
          0,
          0,
          7,
          uint8_t(window >> 24),
          uint8_t(window >> 16),
          uint8_t(window >> 8),
          uint8_t(window),
          0,
          0,
          0,
          0};
}

// A chunk of data, padded.
const Bytes data{0, 3, 0, 17, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 51, 'x', 0, 0, 0};

void close(Bytes &packet) {
  const auto sum = crc32c(packet);
  for (size_t i = 0; i < 4; i++) packet[8 + i] = uint8_t(sum >> (8 * i));
}

Bytes packet(std::initializer_list<Bytes> chunks) {
  Bytes all = header;
  for (const auto &chunk : chunks) all.insert(all.end(), chunk.begin(), chunk.end());
  close(all);
  return all;
}

}  // namespace

// RFC 3720 appendix B.4.
TEST(SctpPacket, ChecksumIsCrc32c) {
  Bytes bytes(32, 0);
  EXPECT_EQ(crc32c(bytes), 0x8A9136AAu);
  std::fill(bytes.begin(), bytes.end(), uint8_t(0xff));
  EXPECT_EQ(crc32c(bytes), 0x62A8AB43u);
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = uint8_t(i);
  EXPECT_EQ(crc32c(bytes), 0x46DD794Eu);
}

TEST(SctpPacket, WindowIsReadWhereverTheSackIs) {
  EXPECT_EQ(announced_window(packet({sack(123456)})), 123456u);
  EXPECT_EQ(announced_window(packet({data, sack(123456)})), 123456u);
  EXPECT_EQ(announced_window(packet({data})), 0u);
  EXPECT_EQ(announced_window({}), 0u);
}

TEST(SctpPacket, DataIsCounted) {
  const auto found = data_chunks(packet({data, sack(1), data}));
  EXPECT_EQ(found.count, 2u);
  EXPECT_EQ(found.bytes, 2u);
  EXPECT_EQ(data_chunks(packet({sack(1)})).count, 0u);
}

TEST(SctpPacket, OpeningsAreFound) {
  const auto message = [](uint8_t stream, uint8_t protocol, uint8_t type) -> Bytes {
    return {0, 3, 0, 17, 0, 0, 0, 1, 1, stream, 0, 0, 0, 0, 0, protocol, type, 0, 0, 0};
  };
  const auto found = opened_streams(packet(
      {message(2, 50, 3), sack(1), message(4, 50, 2), message(6, 51, 3), message(8, 50, 3)}));
  EXPECT_EQ(found, (std::vector<uint16_t>{0x102, 0x108}));
}

TEST(SctpPacket, EndsOfMessagesAreFound) {
  auto first = data, last = data;
  first[1] = 2;
  last[1] = 1;
  last[7] = 9;
  last[9] = 5;
  const auto found = ended_messages(packet({first, sack(1), last}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].stream, 5);
  EXPECT_EQ(found[0].tsn, 9u);
}

// Behind the response to another one.
const Bytes reset{130, 0,  0, 36, 0, 16, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 13,
                  0,   20, 0, 0,  0, 2,  0, 0,  0, 1, 0, 0, 0, 9, 0, 4, 1, 2};

TEST(SctpPacket, ResetsAreFound) {
  EXPECT_EQ(reset_streams(packet({reset, data})), (std::vector<uint16_t>{4, 0x102}));
  EXPECT_EQ(reset_streams(packet({data})), std::vector<uint16_t>());
}

TEST(SctpPacket, LargeWindowIsMadeSmaller) {
  auto changed = packet({sack(5'000'000), data});
  limit_window(changed, 1000);
  EXPECT_EQ(changed, packet({sack(1000), data}));
}

TEST(SctpPacket, SmallWindowStays) {
  auto same = packet({sack(1000)});
  same[8] ^= 1;  // a wrong checksum is not made right
  const auto before = same;
  limit_window(same, 1000);
  EXPECT_EQ(same, before);
}

// Nothing is read or written beyond the packet, whatever its lengths say.
TEST(SctpPacket, CutPacketsAreLeftAlone) {
  const auto whole = packet({data, sack(5'000'000)});
  for (size_t size = 0; size < whole.size(); size++) {
    Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    const auto before = cut;
    limit_window(cut, 1000);
    EXPECT_EQ(cut, before) << size;
    (void)ended_messages(cut);
  }
  const auto resetting = packet({reset});
  for (size_t size = 0; size < resetting.size(); size++)
    (void)reset_streams({resetting.data(), size});
  for (const uint16_t length : {0, 1, 3, 4, 11, 17, 65535}) {
    auto odd = resetting;
    odd[30] = uint8_t(length >> 8);
    odd[31] = uint8_t(length);
    (void)reset_streams(odd);
    auto wrong = packet({sack(5'000'000)});
    wrong[14] = uint8_t(length >> 8);
    wrong[15] = uint8_t(length);
    const auto before = wrong;
    limit_window(wrong, 1000);
    EXPECT_EQ(wrong, before) << length;
  }
}

}  // namespace rtc
