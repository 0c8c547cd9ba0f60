// A server that is none of ours: it answers one connection with what a test wants.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

#include "base/ref.hpp"

namespace rtc::test {

// Accepts one connection, answers the handshake as told, and says no more.
class FakeServer {
 public:
  using Answer = std::function<std::string(const std::string &request)>;
  explicit FakeServer(std::string answer)
      : FakeServer([answer](const std::string &) { return answer; }) {}
  explicit FakeServer(Answer answer) : answer_(std::move(answer)) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd_, reinterpret_cast<sockaddr *>(&address), size);
    listen(fd_, 1);
    getsockname(fd_, reinterpret_cast<sockaddr *>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      const int peer = accept(fd_, nullptr, nullptr);
      char buffer[4096];
      const auto count = recv(peer, buffer, sizeof buffer, 0);
      const auto text = answer_(std::string(buffer, count > 0 ? static_cast<size_t>(count) : 0));
      ::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
      ::shutdown(peer, SHUT_WR);
      while (recv(peer, buffer, sizeof buffer, 0) > 0) {
      }
      ::close(peer);
    });
  }
  ~FakeServer() {
    thread_.join();
    ::close(fd_);
  }
  unsigned port() const { return port_; }

 private:
  Answer answer_;
  int fd_ = -1;
  unsigned port_ = 0;
  std::thread thread_;
};

// RFC 6455 section 4.2.2.
inline std::string accept_handshake(const std::string &request) {
  const std::string name = "Sec-WebSocket-Key: ";
  const auto start = request.find(name) + name.size();
  const auto text = request.substr(start, request.find('\r', start) - start) +
                    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  guint8 digest[20];
  gsize size = sizeof digest;
  const std::unique_ptr<GChecksum, Freer<g_checksum_free>> sum(g_checksum_new(G_CHECKSUM_SHA1));
  g_checksum_update(sum.get(), reinterpret_cast<const guchar *>(text.data()), -1);
  g_checksum_get_digest(sum.get(), digest, &size);
  return std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n") +
         "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
         CharPtr(g_base64_encode(digest, size)).get() + "\r\n\r\n";
}

}  // namespace rtc::test
