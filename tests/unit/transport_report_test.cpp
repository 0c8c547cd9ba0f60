#include "congestion/transport_report.hpp"

#include <gtest/gtest.h>

#include <random>

namespace rtc {
namespace {

using Bytes = std::vector<uint8_t>;
using std::chrono::microseconds;
using Arrivals = std::vector<std::optional<Duration>>;

// With `body` behind the fixed part: chunks and deltas, padded.
Bytes report(uint16_t first, uint16_t count, uint32_t reference, Bytes body) {
  while (body.size() % 4) body.push_back(0);
  const auto words = 4 + body.size() / 4;
  Bytes bytes{0x8f, 205, uint8_t(words >> 8), uint8_t(words), 0, 0, 0, 1, 0, 0, 0, 2};
  for (const auto value : {first, count}) {
    bytes.push_back(uint8_t(value >> 8));
    bytes.push_back(uint8_t(value));
  }
  for (const int shift : {16, 8, 0}) bytes.push_back(uint8_t(reference >> shift));
  bytes.push_back(0);
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

const Bytes receiver_report{0x80, 201, 0, 1, 0, 0, 0, 1};

Bytes operator+(Bytes a, const Bytes &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TransportReport only(const Bytes &bytes) {
  const auto found = read_transport_reports(bytes);
  EXPECT_EQ(found.reports.size(), 1u);
  return found.reports.empty() ? TransportReport() : found.reports[0];
}

}  // namespace

TEST(TransportReport, ReadsRuns) {
  // Three with small deltas, two lost, one with a large delta back.
  const auto read =
      only(report(65534, 6, 0x123456, {0x20, 3, 0x00, 2, 0x40, 1, 4, 8, 0, 0xff, 0xfc}));
  EXPECT_EQ(read.first, 65534);
  EXPECT_EQ(read.reference, 0x123456u);
  const Arrivals expected{microseconds(1000), microseconds(3000), microseconds(3000), {}, {},
                          microseconds(2000)};
  EXPECT_EQ(read.arrivals, expected);
}

TEST(TransportReport, ReadsVectors) {
  // One bit each: 1 0 1 0..., of which four count; then two bits each: 1 2 0.
  const auto read = only(report(0, 17, 0, {0xa8, 0, 0xd8, 0, 4, 8, 1, 0x01, 0x00}));
  ASSERT_EQ(read.arrivals.size(), 17u);
  EXPECT_EQ(read.arrivals[0], Duration(microseconds(1000)));
  EXPECT_FALSE(read.arrivals[1]);
  EXPECT_EQ(read.arrivals[2], Duration(microseconds(3000)));
  EXPECT_EQ(read.arrivals[14], Duration(microseconds(3250)));
  EXPECT_EQ(read.arrivals[15], Duration(microseconds(3250 + 64000)));
  EXPECT_FALSE(read.arrivals[16]);
}

TEST(TransportReport, KnowsWhetherItIsAlone) {
  const auto feedback = report(0, 1, 0, {0x20, 1, 0});
  EXPECT_TRUE(read_transport_reports(feedback + feedback).alone);
  EXPECT_EQ(read_transport_reports(feedback + feedback).reports.size(), 2u);
  EXPECT_FALSE(read_transport_reports(receiver_report + feedback).alone);
  EXPECT_EQ(read_transport_reports(receiver_report + feedback).reports.size(), 1u);
  EXPECT_FALSE(read_transport_reports(receiver_report).alone);
  EXPECT_FALSE(read_transport_reports(feedback + Bytes{1, 2}).alone);
}

TEST(TransportReport, LeavesOutWhatIsMalformed) {
  for (const auto &body : {Bytes{}, Bytes{0x00, 0}, Bytes{0x20, 1}, Bytes{0x20, 200, 1, 1, 1, 1}})
    EXPECT_TRUE(read_transport_reports(report(0, 200, 0, body)).reports.empty());
  const auto whole = report(0, 3, 0, {0x20, 3, 1, 2, 3});
  for (size_t size = 0; size < whole.size(); size++)
    EXPECT_TRUE(read_transport_reports(std::span(whole).first(size)).reports.empty()) << size;
  std::mt19937 random(1);
  for (int i = 0; i < 20000; i++) {
    Bytes noise(8 + random() % 64);
    for (auto &byte : noise) byte = uint8_t(random());
    const auto first = uint16_t(random()), count = uint16_t(random() % 300);
    for (const auto &read : read_transport_reports(report(first, count, 0, noise)).reports)
      EXPECT_EQ(read.arrivals.size(), count);
    read_transport_reports(noise);
  }
}

TEST(TransportReport, GoesOnWhereCountAndClockComeRound) {
  TransportReportReader reader;
  const auto read = [&](uint32_t reference, uint8_t count) {
    return reader.read({7, reference, count, {milliseconds(1), {}}});
  };
  const auto first = read(0xfffffe, 253);
  EXPECT_FALSE(first.whole);
  ASSERT_EQ(first.packets.size(), 2u);
  EXPECT_EQ(first.packets[1].sequence, 8);
  EXPECT_FALSE(first.packets[1].arrival);
  const auto later = [&](const TransportReportReader::Lines &lines) {
    return *lines.packets[0].arrival - *first.packets[0].arrival;
  };
  const auto second = read(0xffffff, 254), third = read(1, 0), fourth = read(0xffffff, 1);
  EXPECT_TRUE(second.whole && third.whole && fourth.whole);
  EXPECT_EQ(later(third), Duration(3 * milliseconds(64)));
  EXPECT_EQ(later(fourth), Duration(milliseconds(64)));
  EXPECT_FALSE(read(2, 3).whole);
  EXPECT_FALSE(read(2, 254).whole);
  EXPECT_TRUE(read(2, 255).whole);
  EXPECT_TRUE(read(2, 0).whole);
}

TEST(TransportReport, HasABound) {
  const auto runs = [](uint16_t count) { return report(0, count, 0, {0x1f, 0xff, 0x1f, 0xff}); };
  EXPECT_EQ(read_transport_reports(runs(4096)).reports.size(), 1u);
  EXPECT_TRUE(read_transport_reports(runs(4097)).reports.empty());
  EXPECT_EQ(read_transport_reports(runs(4000) + runs(4000) + runs(96)).reports.size(), 2u);
}

}  // namespace rtc
