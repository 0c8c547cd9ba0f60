#include "net/ws_frame.hpp"

#include <gtest/gtest.h>

namespace rtc {
namespace {

using Type = WsMessage::Type;
const uint32_t mask = 0xa1b2c3d4;

// What a reader on the server's side gets from these bytes.
std::vector<std::string> texts(std::string_view bytes, unsigned *error = nullptr,
                               size_t max = 1 << 20) {
  WsReader reader(true, max);
  reader.feed(bytes);
  std::vector<std::string> out;
  while (const auto message = reader.next()) out.push_back(message->payload);
  if (error) *error = reader.error();
  return out;
}

TEST(WsFrame, CarriesEveryLength) {
  for (const size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 200000u}) {
    const std::string text(size, 'x');
    for (const auto *key : {&mask, static_cast<const uint32_t *>(nullptr)}) {
      WsReader reader(key != nullptr, 1 << 20);
      reader.feed(ws_frame(Type::text, text, key));
      const auto message = reader.next();
      ASSERT_TRUE(message) << size;
      EXPECT_EQ(message->type, Type::text);
      EXPECT_EQ(message->payload, text);
      EXPECT_FALSE(reader.next());
      EXPECT_EQ(reader.error(), 0u);
    }
  }
}

TEST(WsFrame, TakesBytesOneByOne) {
  const auto bytes = ws_frame(Type::text, "one", &mask) + ws_frame(Type::binary, "two", &mask) +
                     ws_close_frame(1000, "bye", &mask);
  WsReader reader(true, 100);
  std::vector<WsMessage> got;
  for (const char byte : bytes) {
    reader.feed(std::string_view(&byte, 1));
    while (const auto message = reader.next()) got.push_back(*message);
  }
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0].payload, "one");
  EXPECT_EQ(got[1].type, Type::binary);
  EXPECT_EQ(got[2].code, 1000u);
  EXPECT_EQ(got[2].payload, "bye");
}

TEST(WsFrame, JoinsFragmentsAndLetsControlFramesBetween) {
  auto first = ws_frame(Type::text, "he", &mask);
  auto last = ws_frame(Type::text, "llo", &mask);
  first[0] = 0x01;
  last[0] = static_cast<char>(0x80);
  const auto ping = ws_frame(Type::ping, "p", &mask);
  EXPECT_EQ(texts(first + ping + last), (std::vector<std::string>{"p", "hello"}));
}

TEST(WsFrame, BoundsAMessageWholeOrInFragments) {
  unsigned error = 0;
  EXPECT_EQ(texts(ws_frame(Type::text, std::string(10, 'x'), &mask), &error, 10).size(), 1u);
  EXPECT_EQ(error, 0u);
  EXPECT_TRUE(texts(ws_frame(Type::text, std::string(11, 'x'), &mask), &error, 10).empty());
  EXPECT_EQ(error, 1009u);
  auto piece = ws_frame(Type::text, "xxxxxx", &mask);
  piece[0] = 0x01;
  auto more = piece;
  more[0] = 0x00;
  EXPECT_TRUE(texts(piece + more, &error, 10).empty());
  EXPECT_EQ(error, 1009u);
  // The header alone is enough to refuse 2^63 - 1 bytes.
  texts(std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\1\2\3\4", 14), &error);
  EXPECT_EQ(error, 1009u);
}

TEST(WsFrame, NamesProtocolErrors) {
  const auto frame = [](unsigned char first, unsigned char second) {
    return std::string{static_cast<char>(first), static_cast<char>(second), 1, 2, 3, 4};
  };
  const struct {
    std::string bytes;
    unsigned error;
  } rows[] = {
      {ws_frame(Type::text, "x", nullptr), 1002},  // not masked
      {frame(0xc1, 0x80), 1002},                   // reserved bit
      {frame(0x83, 0x80), 1002},                   // unknown opcodes
      {frame(0x8b, 0x80), 1002},
      {frame(0x80, 0x80), 1002},                      // continuation of nothing
      {frame(0x01, 0x80) + frame(0x81, 0x80), 1002},  // a message inside another
      {frame(0x09, 0x80), 1002},                      // fragmented ping
      {frame(0x89, 0xfe) + "xx", 1002},               // ping of more than 125 bytes
      {frame(0x88, 0x81) + "x", 1002},                // half a close code
      {ws_close_frame(1006, "", &mask), 1002},        // a code that is never sent
      {ws_close_frame(1000, "\xff", &mask), 1002},
      {ws_frame(Type::text, "\xc3\x28", &mask), 1007},
  };
  for (const auto &row : rows) {
    unsigned error = 0;
    texts(row.bytes, &error);
    EXPECT_EQ(error, row.error) << &row - rows;
  }
}

TEST(WsFrame, IsSilentAfterAnError) {
  WsReader reader(true, 100);
  reader.feed(ws_frame(Type::text, "x", nullptr));
  EXPECT_FALSE(reader.next());
  reader.feed(ws_frame(Type::text, "x", &mask));
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.error(), 1002u);
}

TEST(WsFrame, AnEmptyCloseHasNoStatus) {
  WsReader reader(false, 100);
  reader.feed(ws_close_frame(ws_no_status, "", nullptr));
  const auto message = reader.next();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->code, 1005u);
}

}  // namespace
}  // namespace rtc
