#include "ice/stun_socket.hpp"

#include <optional>

#include "base/text.hpp"
#include "ice/resolve.hpp"
#include "ice/udp_socket.hpp"

namespace rtc {

namespace {

class UdpStunSocket : public StunSocket {
 public:
  UdpStunSocket(EventLoop &loop, const Settings &settings, Events events)
      : loop_(loop), settings_(settings), events_(std::move(events)) {
    resolve_.emplace(settings_.uri.host, [this](auto addresses) {
      if (addresses)
        connect(*addresses);
      else
        fail(ProbeOutcome::not_resolved, addresses.error().message);
    });
  }

  void send(std::string_view message) override { socket_->send(message); }
  IpPort local() const override { return socket_ ? socket_->local() : IpPort{}; }
  IpPort remote() const override { return remote_; }
  std::string waits_for() const override {
    return socket_ ? "no packet came back" : "its name is still being looked up";
  }

 private:
  // The first address there is a way to.
  void connect(const std::vector<std::string> &addresses) {
    ProbeFailure failure{ProbeOutcome::not_resolved, 0, "it has no address"};
    for (const auto &ip : addresses) {
      remote_ = {ip, settings_.uri.port};
      auto socket = UdpSocket::open(
          loop_, remote_.is_v6(), settings_.local,
          [this](const IpPort &, std::string_view bytes) {
            const auto report = events_.received;
            report(bytes);
          },
          [this](const std::string &reason) { fail(ProbeOutcome::unreachable, reason); });
      if (!socket) {
        failure = {ProbeOutcome::not_possible, 0, socket.error().message};
      } else if (!(*socket)->connect(remote_)) {
        failure = {ProbeOutcome::unreachable, 0, "there is no route to " + ip};
      } else {
        socket_ = std::move(*socket);
        const auto report = events_.opened;
        return report();
      }
    }
    fail(failure.outcome, failure.reason);
  }
  void fail(ProbeOutcome outcome, const std::string &reason) {
    const auto report = events_.failed;
    report({outcome, 0, reason});
  }

  EventLoop &loop_;
  Settings settings_;
  Events events_;
  std::optional<Resolve> resolve_;
  std::unique_ptr<UdpSocket> socket_;
  IpPort remote_;
};

}  // namespace

std::unique_ptr<StunSocket> StunSocket::open(EventLoop &loop, const Settings &settings,
                                             Events events) {
  if (settings.uri.transport == IceUri::Transport::udp)
    return std::make_unique<UdpStunSocket>(loop, settings, std::move(events));
  return open_stun_stream(settings, std::move(events));
}

}  // namespace rtc
