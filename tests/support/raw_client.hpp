// A WebSocket client on a blocking socket, so that a test reads like a conversation and can
// misbehave as it likes. Every wait ends after a generous deadline with an empty answer.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <variant>

#include "net/ws_frame.hpp"
#include "signaling/rooms/rooms_protocol.hpp"
#include "support/deadline.hpp"

namespace rtc::test {

class RawClient {
 public:
  explicit RawClient(unsigned port) : reader_(false, 64 * 1024 * 1024) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{deadline.count(), 0};
    const int one = 1;
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) hang_up();
  }
  // Connects and enters a room.
  RawClient(unsigned port, const std::string &path) : RawClient(port) { enter(path); }
  ~RawClient() { hang_up(); }
  RawClient(const RawClient &) = delete;

  void hang_up() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  // As a network that fails: nothing is said, and what was sent may not arrive.
  void reset() {
    const linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    hang_up();
  }

  // Sends a request for an upgrade; the HTTP status of the answer.
  int enter(const std::string &path, const std::string &headers = "") {
    request("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n" +
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
            headers + "\r\n");
    return status();
  }
  void request(const std::string &text) { send_bytes(text); }
  // Reads the head of an HTTP answer; what follows is kept for next() and body().
  int status() {
    while (head_.find("\r\n\r\n") == std::string::npos)
      if (!receive(head_)) return 0;
    const auto end = head_.find("\r\n\r\n") + 4;
    rest_ = head_.substr(end);
    head_.resize(end);
    reader_.feed(rest_);
    int status = 0;
    std::sscanf(head_.c_str(), "HTTP/1.1 %d", &status);
    return status;
  }
  const std::string &head() const { return head_; }
  // The rest until the server closes the connection.
  std::string body() {
    while (receive(rest_)) {
    }
    return rest_;
  }

  bool send_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }
  bool send(std::string_view text) {
    const uint32_t mask = 0x12345678;
    return send_bytes(ws_frame(WsMessage::Type::text, text, &mask));
  }

  // The next message of any kind; nothing at the end of the stream or the deadline.
  std::optional<WsMessage> next_frame() {
    while (true) {
      if (auto message = reader_.next()) return message;
      std::string bytes;
      if (!receive(bytes)) return std::nullopt;
      reader_.feed(bytes);
    }
  }
  // The next text message as an event of the protocol.
  template <typename T>
  T next(bool answers_pings = false) {
    const auto text = next_text(answers_pings);
    const auto event = rooms::read_event(text);
    const auto *wanted = event ? std::get_if<T>(&*event) : nullptr;
    if (!wanted) std::fprintf(stderr, "unexpected: \"%s\"\n", text.c_str());
    return wanted ? *wanted : T{};
  }
  std::string next_text(bool answers_pings = false) {
    while (auto frame = next_frame()) {
      if (frame->type == WsMessage::Type::text) return frame->payload;
      const uint32_t mask = 0x12345678;
      if (frame->type == WsMessage::Type::ping && answers_pings)
        send_bytes(ws_frame(WsMessage::Type::pong, frame->payload, &mask));
    }
    return {};
  }
  // The code with which the server closes; 0 where it does not.
  unsigned close_code() {
    while (auto frame = next_frame())
      if (frame->type == WsMessage::Type::close) return frame->code;
    return 0;
  }
  // True when the server has ended the connection, whatever it sent before.
  bool ended() {
    std::string bytes;
    while (receive(bytes)) bytes.clear();
    return at_end_;
  }

 private:
  bool receive(std::string &into) {
    char buffer[16 * 1024];
    const auto count = recv(fd_, buffer, sizeof buffer, 0);
    at_end_ = count == 0 || (count < 0 && errno == ECONNRESET);
    if (count <= 0) return false;
    into.append(buffer, static_cast<size_t>(count));
    return true;
  }

  int fd_ = -1;
  bool at_end_ = false;
  std::string head_;
  std::string rest_;
  WsReader reader_;
};

}  // namespace rtc::test
