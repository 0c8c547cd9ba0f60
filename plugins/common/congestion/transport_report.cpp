#include "congestion/transport_report.hpp"

#include <algorithm>

#include "base/network_order.hpp"

namespace rtc {

namespace {

constexpr size_t header = 4, fixed = 20;  // bytes; of the report before its chunks
constexpr uint8_t transport_feedback = 205, transport_wide = 15;
constexpr auto tick = std::chrono::microseconds(250);
constexpr auto reference_unit = milliseconds(64);
enum Status : uint8_t { missing, small_delta, large_delta };

// Nothing when the chunks end too early.
std::optional<std::vector<uint8_t>> read_statuses(std::span<const uint8_t> report, size_t count,
                                                  size_t &at) {
  std::vector<uint8_t> statuses;
  statuses.reserve(count);
  while (statuses.size() < count) {
    if (at + 2 > report.size()) return {};
    const auto chunk = read16(report, at);
    at += 2;
    const auto left = count - statuses.size();
    if (!(chunk & 0x8000)) {
      const size_t run = chunk & 0x1fff;
      statuses.insert(statuses.end(), std::min(run, left), chunk >> 13 & 3);
      continue;
    }
    const int bits = chunk & 0x4000 ? 2 : 1;
    for (int shift = 14 - bits; shift >= 0 && statuses.size() < count; shift -= bits)
      statuses.push_back(static_cast<uint8_t>(chunk >> shift & (bits == 2 ? 3 : 1)));
  }
  return statuses;
}

std::optional<TransportReport> read_report(std::span<const uint8_t> bytes, size_t most) {
  if (bytes.size() < fixed || read16(bytes, 14) > most) return {};
  TransportReport report;
  report.first = read16(bytes, 12);
  report.reference = static_cast<uint32_t>(bytes[16] << 16 | read16(bytes, 17));
  report.count = bytes[19];
  size_t at = fixed;
  const auto statuses = read_statuses(bytes, read16(bytes, 14), at);
  if (!statuses) return {};
  report.arrivals.reserve(statuses->size());
  Duration time{0};
  for (const auto status : *statuses) {
    const size_t size = status == small_delta ? 1 : status == large_delta ? 2 : 0;
    if (at + size > bytes.size()) return {};
    if (size == 1)
      time += bytes[at] * tick;
    else if (size == 2)
      time += static_cast<int16_t>(read16(bytes, at)) * tick;
    report.arrivals.push_back(size ? std::optional(time) : std::nullopt);
    at += size;
  }
  return report;
}

}  // namespace

TransportReports read_transport_reports(std::span<const uint8_t> rtcp) {
  TransportReports found;
  size_t left = most_reported;
  while (rtcp.size() >= header) {
    const size_t length = (read16(rtcp, 2) + size_t(1)) * 4;
    if (rtcp[0] >> 6 != 2 || length > rtcp.size()) break;
    if (rtcp[1] != transport_feedback || (rtcp[0] & 0x1f) != transport_wide)
      found.alone = false;
    else if (auto report = read_report(rtcp.first(length), left)) {
      left -= report->arrivals.size();
      found.reports.push_back(std::move(*report));
    }
    rtcp = rtcp.subspan(length);
  }
  if (!rtcp.empty()) found.alone = false;
  return found;
}

TransportReportReader::Lines TransportReportReader::read(const TransportReport &report) {
  // 24 bits come round after twelve days.
  if (!reference_) reference_ = report.reference;
  const auto step =
      static_cast<int32_t>((report.reference - static_cast<uint32_t>(*reference_)) << 8);
  *reference_ += step / 256;
  Lines lines;
  // GStreamer 1.22 counts to 254.
  lines.whole =
      count_ && (report.count == uint8_t(*count_ + 1) || (*count_ == 254 && report.count == 0));
  count_ = report.count;
  lines.packets.reserve(report.arrivals.size());
  auto sequence = report.first;
  for (const auto &arrival : report.arrivals) {
    SentPackets::Report line{sequence++, {}};
    if (arrival) line.arrival = *reference_ * reference_unit + *arrival;
    lines.packets.push_back(line);
  }
  return lines;
}

}  // namespace rtc
