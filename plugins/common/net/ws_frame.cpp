#include "net/ws_frame.hpp"

#include <glib.h>

#include <cstring>
#include <utility>

namespace rtc {

namespace {

enum Opcode : unsigned { continuation, text, binary, close = 8, ping, pong };

constexpr size_t max_control_payload = 125;

void apply_mask(std::string &payload, const char *mask) {
  for (size_t i = 0; i < payload.size(); i++) payload[i] ^= mask[i % 4];
}

bool valid_close_code(unsigned code) {
  if (code >= 3000 && code < 5000) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != ws_no_status &&
         code != ws_abnormal;
}

bool valid_utf8(std::string_view text) {
  return g_utf8_validate_len(text.data(), text.size(), nullptr);
}

Opcode opcode_of(WsMessage::Type type) {
  switch (type) {
    case WsMessage::Type::text:
      return text;
    case WsMessage::Type::binary:
      return binary;
    case WsMessage::Type::ping:
      return ping;
    case WsMessage::Type::pong:
      return pong;
    case WsMessage::Type::close:
      break;
  }
  return close;
}

}  // namespace

void WsReader::fail(unsigned code, const char *problem) {
  error_ = code;
  problem_ = problem;
  buffer_.clear();
}

std::optional<WsReader::Header> WsReader::read_header() {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(buffer_[at_ + i]); };
  const auto available = buffer_.size() - at_;
  if (available < 2) return std::nullopt;
  Header header{(byte(0) & 0x80) != 0, byte(0) & 0x0fu, byte(1) & 0x7fu, 2};
  const size_t extra = header.length == 127 ? 8 : header.length == 126 ? 2 : 0;
  if ((byte(0) & 0x70) != 0) return fail(ws_protocol_error, "reserved bits"), std::nullopt;
  if (((byte(1) & 0x80) != 0) != masked_) return fail(ws_protocol_error, "mask"), std::nullopt;
  header.size += extra + (masked_ ? 4 : 0);
  if (available < header.size) return std::nullopt;
  if (extra) {
    header.length = 0;
    for (size_t i = 0; i < extra; i++) header.length = header.length << 8 | byte(2 + i);
  }
  return check(header) ? std::optional(header) : std::nullopt;
}

bool WsReader::check(const Header &header) {
  const bool control = header.opcode & 8;
  if (control && (!header.final || header.length > max_control_payload))
    fail(ws_protocol_error, "control frame");
  else if (header.opcode > pong || (header.opcode > binary && !control))
    fail(ws_protocol_error, "unknown opcode");
  else if (!control && (header.opcode == continuation) != (message_opcode_ != 0))
    fail(ws_protocol_error, "fragments out of order");
  else if (!control && header.length > max_message_ - message_.size())
    fail(ws_too_big, "message larger than allowed");
  return error_ == 0;
}

std::optional<WsMessage> WsReader::next() {
  while (error_ == 0) {
    const auto header = read_header();
    if (!header || buffer_.size() - at_ - header->size < header->length) break;
    auto payload = buffer_.substr(at_ + header->size, header->length);
    if (masked_) apply_mask(payload, &buffer_[at_ + header->size - 4]);
    at_ += header->size + header->length;
    if (auto message = complete(*header, std::move(payload))) return message;
  }
  buffer_.erase(0, std::min(at_, buffer_.size()));
  at_ = 0;
  return std::nullopt;
}

std::optional<WsMessage> WsReader::complete(const Header &header, std::string payload) {
  if (header.opcode == ping) return WsMessage{WsMessage::Type::ping, std::move(payload)};
  if (header.opcode == pong) return WsMessage{WsMessage::Type::pong, std::move(payload)};
  if (header.opcode == close) return read_close(std::move(payload));
  if (header.opcode != continuation) message_opcode_ = header.opcode;
  message_ += payload;
  if (!header.final) return std::nullopt;
  WsMessage message{message_opcode_ == text ? WsMessage::Type::text : WsMessage::Type::binary};
  message.payload = std::exchange(message_, {});
  message_opcode_ = 0;
  if (message.type == WsMessage::Type::text && !valid_utf8(message.payload)) {
    fail(ws_bad_data, "text that is not UTF-8");
    return std::nullopt;
  }
  return message;
}

std::optional<WsMessage> WsReader::read_close(std::string payload) {
  if (payload.empty()) return WsMessage{WsMessage::Type::close, {}, ws_no_status};
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(payload[i]); };
  const unsigned code = payload.size() < 2 ? 0u : byte(0) << 8 | byte(1);
  if (!valid_close_code(code) || !valid_utf8(std::string_view(payload).substr(2))) {
    fail(ws_protocol_error, "close frame");
    return std::nullopt;
  }
  return WsMessage{WsMessage::Type::close, payload.substr(2), code};
}

std::string ws_frame(WsMessage::Type type, std::string_view payload, const uint32_t *mask) {
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame += static_cast<char>(0x80 | opcode_of(type));
  const auto length = static_cast<uint64_t>(payload.size());
  const int extra = length > 0xffff ? 8 : length > 125 ? 2 : 0;
  const auto first = extra == 8 ? 127 : extra == 2 ? 126 : length;
  frame += static_cast<char>(first | (mask ? 0x80 : 0));
  for (int i = extra - 1; i >= 0; i--) frame += static_cast<char>(length >> (8 * i));
  if (!mask) return frame.append(payload);
  char key[4];
  std::memcpy(key, mask, 4);
  frame.append(key, 4);
  std::string masked(payload);
  apply_mask(masked, key);
  return frame += masked;
}

std::string ws_close_frame(unsigned code, std::string_view reason, const uint32_t *mask) {
  if (code == ws_no_status) return ws_frame(WsMessage::Type::close, {}, mask);
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  payload += reason.substr(0, max_control_payload - 2);
  return ws_frame(WsMessage::Type::close, payload, mask);
}

}  // namespace rtc
