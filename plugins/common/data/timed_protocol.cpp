#include "data/timed_protocol.hpp"

#include <glib.h>

#include <algorithm>

namespace rtc {

namespace {
constexpr uint8_t version = 1;
constexpr size_t fixed_size = 8;
constexpr size_t max_mid = 32;

bool is_mid(std::string_view text) {
  return !text.empty() && text.size() <= max_mid &&
         std::ranges::all_of(text, [](char c) { return g_ascii_isgraph(c); });
}

Error refused(const char *what) {
  return {
      Error::Kind::protocol,
      "A message that should belong to a frame cannot be read. Use versions that fit each other "
      "on both sides.",
      std::string(timed_subprotocol) + ": " + what};
}
}  // namespace

Result<TimedMessage> read_timed(std::string_view bytes) {
  if (bytes.size() < fixed_size) return refused("shorter than its header");
  const auto at = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  if (at(0) != version) return refused("another version");
  TimedMessage message;
  message.kind = TimedKind{at(1)};
  if (message.kind < TimedKind::text || message.kind > TimedKind::klv)
    return refused("another kind of payload");
  const size_t length = at(2);
  if (bytes.size() < fixed_size + length) return refused("shorter than its mid");
  const auto mid = bytes.substr(fixed_size, length);
  if (length > 0 && !is_mid(mid)) return refused("no mid");
  if (length > 0)
    message.frame = {std::string(mid),
                     uint32_t{at(4)} << 24 | uint32_t{at(5)} << 16 | uint32_t{at(6)} << 8 | at(7)};
  message.payload = bytes.substr(fixed_size + length);
  if (message.kind != TimedKind::klv &&
      !g_utf8_validate(message.payload.data(), static_cast<gssize>(message.payload.size()),
                       nullptr))
    return refused("text that is not UTF-8");
  return message;
}

std::string timed_header(TimedKind kind, const std::optional<FrameReference> &frame) {
  std::string out{static_cast<char>(version), static_cast<char>(kind), 0, 0, 0, 0, 0, 0};
  if (!frame || !is_mid(frame->mid)) return out;
  out[2] = static_cast<char>(frame->mid.size());
  for (size_t i = 0; i < 4; i++) out[4 + i] = static_cast<char>(frame->timestamp >> (24 - 8 * i));
  return out + frame->mid;
}

}  // namespace rtc
