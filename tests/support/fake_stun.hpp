// What a STUN or TURN server could answer, for tests without one: bytes of a request in, bytes of
// an answer out. And a UDP socket that answers what a test wants.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "ice/stun_client.hpp"

namespace rtc::test {

struct FakeAnswer {
  int error = 0;  // 0: success
  std::string realm, nonce;
  std::string reason;
  IpPort mapped, relayed;
  std::string username, credential;  // signs the answer
  uint16_t odd_attribute = 0;        // adds one of this type
};

inline std::string answer_stun(std::string_view request_bytes, const FakeAnswer &answer) {
  StunAgent agent;
  stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                  StunAgentUsageFlags(STUN_AGENT_USAGE_LONG_TERM_CREDENTIALS |
                                      STUN_AGENT_USAGE_IGNORE_CREDENTIALS));
  StunMessage request{}, message{};
  if (stun_agent_validate(&agent, &request, reinterpret_cast<const uint8_t *>(request_bytes.data()),
                          request_bytes.size(), nullptr, nullptr) != STUN_VALIDATION_SUCCESS)
    return {};
  std::array<uint8_t, 2048> buffer;
  stun_agent_init_response(&agent, &message, buffer.data(), buffer.size(), &request);
  const auto add = [&](StunAttribute type, std::string_view bytes) {
    stun_message_append_bytes(&message, type, bytes.data(), bytes.size());
  };
  const auto add_address = [&](StunAttribute type, const IpPort &address) {
    sockaddr_storage native{};
    if (to_native(address, native))
      stun_message_append_xor_addr(&message, type, &native, sizeof native);
  };
  if (answer.error) {
    buffer[0] |= 1;  // from a response an error, RFC 8489 section 5
    buffer[1] |= 0x10;
    const std::string code = {0, 0, static_cast<char>(answer.error / 100),
                              static_cast<char>(answer.error % 100)};
    add(STUN_ATTRIBUTE_ERROR_CODE, code + answer.reason);
  }
  if (!answer.realm.empty()) add(STUN_ATTRIBUTE_REALM, answer.realm);
  if (!answer.nonce.empty()) add(STUN_ATTRIBUTE_NONCE, answer.nonce);
  if (answer.mapped) add_address(STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, answer.mapped);
  if (answer.relayed) add_address(STUN_ATTRIBUTE_XOR_RELAYED_ADDRESS, answer.relayed);
  if (answer.odd_attribute) add(static_cast<StunAttribute>(answer.odd_attribute), "what?");
  const auto *key = reinterpret_cast<const uint8_t *>(answer.credential.data());
  if (!answer.credential.empty()) {
    const auto text = answer.username + ":" + answer.realm + ":" + answer.credential;
    const CharPtr hex(g_compute_checksum_for_string(G_CHECKSUM_MD5, text.c_str(), -1));
    for (size_t i = 0; i < sizeof message.long_term_key; i++)
      message.long_term_key[i] = static_cast<uint8_t>(g_ascii_xdigit_value(hex.get()[2 * i]) * 16 +
                                                      g_ascii_xdigit_value(hex.get()[2 * i + 1]));
    message.long_term_valid = true;
  }
  const auto size = stun_agent_finish_message(
      &agent, &message, answer.credential.empty() ? nullptr : key, answer.credential.size());
  return {reinterpret_cast<const char *>(buffer.data()), size};
}

// A UDP socket on loopback that answers each packet; an empty answer is none.
class FakeUdpServer {
 public:
  using Answer = std::function<std::string(const std::string &packet)>;
  explicit FakeUdpServer(Answer answer) : answer_(std::move(answer)) {
    fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    end_ = eventfd(0, EFD_CLOEXEC);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd_, reinterpret_cast<sockaddr *>(&address), size);
    getsockname(fd_, reinterpret_cast<sockaddr *>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~FakeUdpServer() {
    eventfd_write(end_, 1);
    thread_.join();
    ::close(fd_);
    ::close(end_);
  }
  FakeUdpServer(const FakeUdpServer &) = delete;
  unsigned port() const { return port_; }

 private:
  void run() {
    while (true) {
      pollfd wanted[] = {{fd_, POLLIN, 0}, {end_, POLLIN, 0}};
      poll(wanted, 2, -1);
      if (wanted[1].revents) return;
      char buffer[2048];
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      const auto count =
          recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr *>(&from), &size);
      if (count < 0) continue;
      const auto answer = answer_(std::string(buffer, static_cast<size_t>(count)));
      if (!answer.empty())
        sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr *>(&from), size);
    }
  }

  Answer answer_;
  int fd_ = -1, end_ = -1;
  unsigned port_ = 0;
  std::thread thread_;
};

}  // namespace rtc::test
