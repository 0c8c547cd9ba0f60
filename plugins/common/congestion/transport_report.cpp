#include "congestion/transport_report.hpp"

#include <algorithm>

namespace rtc {

namespace {

constexpr size_t header = 4, fixed = 20;  // bytes; of the report before its chunks
constexpr uint8_t transport_feedback = 205, transport_wide = 15;
constexpr auto tick = std::chrono::microseconds(250);
enum Status : uint8_t { missing, small_delta, large_delta };

uint16_t read_short(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

// Nothing when the chunks end too early.
std::optional<std::vector<uint8_t>> read_statuses(std::span<const uint8_t> report, size_t count,
                                                  size_t &at) {
  std::vector<uint8_t> statuses;
  statuses.reserve(count);
  while (statuses.size() < count) {
    if (at + 2 > report.size()) return {};
    const auto chunk = read_short(report, at);
    at += 2;
    const auto left = count - statuses.size();
    if (!(chunk & 0x8000)) {
      const size_t run = chunk & 0x1fff;
      if (!run) return {};
      statuses.insert(statuses.end(), std::min(run, left), chunk >> 13 & 3);
      continue;
    }
    const int bits = chunk & 0x4000 ? 2 : 1;
    for (int shift = 14 - bits; shift >= 0 && statuses.size() < count; shift -= bits)
      statuses.push_back(static_cast<uint8_t>(chunk >> shift & (bits == 2 ? 3 : 1)));
  }
  return statuses;
}

std::optional<TransportReport> read_report(std::span<const uint8_t> bytes) {
  if (bytes.size() < fixed) return {};
  TransportReport report;
  report.first = read_short(bytes, 12);
  report.reference = static_cast<uint32_t>(bytes[16] << 16 | read_short(bytes, 17));
  size_t at = fixed;
  const auto statuses = read_statuses(bytes, read_short(bytes, 14), at);
  if (!statuses) return {};
  report.arrivals.reserve(statuses->size());
  Duration time{0};
  for (const auto status : *statuses) {
    const size_t size = status == small_delta ? 1 : status == large_delta ? 2 : 0;
    if (at + size > bytes.size()) return {};
    if (size == 1)
      time += bytes[at] * tick;
    else if (size == 2)
      time += static_cast<int16_t>(read_short(bytes, at)) * tick;
    report.arrivals.push_back(size ? std::optional(time) : std::nullopt);
    at += size;
  }
  return report;
}

}  // namespace

TransportReports read_transport_reports(std::span<const uint8_t> rtcp) {
  TransportReports found;
  while (rtcp.size() >= header) {
    const size_t length = (read_short(rtcp, 2) + size_t(1)) * 4;
    if (rtcp[0] >> 6 != 2 || length > rtcp.size()) break;
    if (rtcp[1] != transport_feedback || (rtcp[0] & 0x1f) != transport_wide)
      found.alone = false;
    else if (auto report = read_report(rtcp.first(length)))
      found.reports.push_back(std::move(*report));
    rtcp = rtcp.subspan(length);
  }
  if (!rtcp.empty()) found.alone = false;
  return found;
}

}  // namespace rtc
