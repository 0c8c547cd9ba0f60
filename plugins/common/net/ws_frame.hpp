// WebSocket frames, RFC 6455 section 5: bytes to messages and back (pure). No extensions.
//
// libsoup 3.2 has a WebSocket of its own, but it reads as long as the other side sends, joins
// fragments without a bound and does not tell what is queued; one peer could hold up all others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtc {

struct WsMessage {
  enum class Type { text, binary, ping, pong, close };
  Type type = Type::text;
  std::string payload;  // of a close: the reason in words
  unsigned code = 0;    // of a close
};

// Close codes, RFC 6455 section 7.4.1.
enum WsClose : unsigned {
  ws_normal = 1000,
  ws_going_away = 1001,
  ws_protocol_error = 1002,
  ws_no_status = 1005,
  ws_abnormal = 1006,
  ws_bad_data = 1007,
  ws_policy = 1008,
  ws_too_big = 1009,
};

class WsReader {
 public:
  // `masked`: what the other side sends is masked, as clients do (5.3). A message larger than
  // `max_message` is an error before it is read.
  WsReader(bool masked, size_t max_message) : masked_(masked), max_message_(max_message) {}

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // The next complete message; nothing when more bytes are needed or after an error.
  std::optional<WsMessage> next();
  // The close code to answer with, 0 while all is well; and what was wrong.
  unsigned error() const { return error_; }
  const char *problem() const { return problem_; }

 private:
  struct Header {
    bool final;
    unsigned opcode;
    uint64_t length;
    size_t size;  // of the header with its mask
  };
  std::optional<Header> read_header();
  bool check(const Header &header);
  std::optional<WsMessage> complete(const Header &header, std::string payload);
  std::optional<WsMessage> read_close(std::string payload);
  void fail(unsigned code, const char *problem);

  bool masked_;
  size_t max_message_;
  std::string buffer_;
  size_t at_ = 0;        // what of buffer_ is read
  std::string message_;  // the fragments so far
  unsigned message_opcode_ = 0;
  unsigned error_ = 0;
  const char *problem_ = "";
};

// One unfragmented frame; `mask` is drawn at random for each frame by a client and null on a
// server.
std::string ws_frame(WsMessage::Type type, std::string_view payload, const uint32_t *mask);
std::string ws_close_frame(unsigned code, std::string_view reason, const uint32_t *mask);

}  // namespace rtc
