// coturn on random ports of the loopback interface, over UDP, TCP and TLS, with files of its own.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "ice/stun_client.hpp"
#include "support/deadline.hpp"
#include "support/process.hpp"

namespace rtc::test {

class Coturn {
 public:
  static constexpr auto username = "user", credential = "pass:w@rd";

  static bool installed() { return system("command -v turnserver >/dev/null") == 0; }

  // With other `options`, the user of above unless they bring a secret.
  explicit Coturn(const std::vector<std::string> &options = {}, bool own_users = true)
      : folder_(std::filesystem::temp_directory_path() / ("coturn-" + random_id())) {
    std::filesystem::create_directory(folder_);
    make_certificate();
    // A port may be taken in the moment between; then the next ones are tried.
    for (int attempt = 0; attempt < 5 && !ready_; attempt++) start(options, own_users);
  }
  ~Coturn() {
    process_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Coturn(const Coturn &) = delete;

  bool ready() const { return ready_; }
  unsigned port() const { return port_; }
  unsigned tls_port() const { return port_ + 1; }
  std::string certificate() const { return folder_ / "cert.pem"; }
  std::string log() const { return folder_ / "log"; }
  std::string url(const std::string &scheme = "turn", const std::string &query = "") const {
    return format("%s:127.0.0.1:%u%s", scheme.c_str(), scheme == "turns" ? tls_port() : port(),
                  query.c_str());
  }

 private:
  void make_certificate() const {
    const auto command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
        (folder_ / "key.pem").string() + " -out " + certificate() + " 2>/dev/null";
    if (system(command.c_str()) != 0) perror("openssl");
  }

  void start(const std::vector<std::string> &options, bool own_users) {
    // Below the ports that the kernel gives to others.
    port_ = static_cast<unsigned>(g_random_int_range(10000, 30000));
    std::vector<std::string> command = {"turnserver",
                                        "-n",
                                        "--no-cli",
                                        "--no-dtls",
                                        "--log-file=stdout",
                                        "--verbose",
                                        "--listening-ip=127.0.0.1",
                                        "--relay-ip=127.0.0.1",
                                        "--allow-loopback-peers",
                                        "--realm=test.invalid",
                                        "--pidfile=" + (folder_ / "pid").string(),
                                        "--userdb=" + (folder_ / "users").string(),
                                        "--cert=" + certificate(),
                                        "--pkey=" + (folder_ / "key.pem").string(),
                                        format("--listening-port=%u", port_),
                                        format("--tls-listening-port=%u", tls_port()),
                                        format("--min-port=%u", port_ + 10),
                                        format("--max-port=%u", port_ + 100)};
    if (own_users) {
      command.push_back("--lt-cred-mech");
      command.push_back(std::string("--user=") + username + ":" + credential);
    }
    command.insert(command.end(), options.begin(), options.end());
    process_ = std::make_unique<Process>(command, log());
    const auto end = std::chrono::steady_clock::now() + deadline / 2;
    while (!ready_ && std::chrono::steady_clock::now() < end)
      ready_ = answers_udp() && connects(port_) && connects(tls_port());
  }

  static sockaddr_in loopback(unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    return address;
  }
  // Waits up to a tenth of a second for the answer.
  bool answers_udp() const {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const timeval limit{0, 100000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const auto address = loopback(port_);
    const auto request = StunClient("", "").start({});
    sendto(fd, request.data(), request.size(), 0, reinterpret_cast<const sockaddr *>(&address),
           sizeof address);
    char buffer[1500];
    const bool answered = recv(fd, buffer, sizeof buffer, 0) > 0;
    ::close(fd);
    return answered;
  }
  static bool connects(unsigned port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    const bool connected =
        connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Process> process_;
  unsigned port_ = 0;
  bool ready_ = false;
};

}  // namespace rtc::test
