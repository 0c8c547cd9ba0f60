#include "ice/udp_socket.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace rtc {

namespace {

Ref<GSocket> new_socket(bool ipv6) {
  auto socket = adopt(g_socket_new(ipv6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4,
                                   G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, nullptr));
  if (socket) g_socket_set_blocking(socket.get(), FALSE);
  return socket;
}

bool bind_to(GSocket *socket, const IpPort &local, std::string &problem) {
  const auto address = to_socket_address(local);
  GError *raw = nullptr;
  const bool bound = address && g_socket_bind(socket, address.get(), FALSE, &raw);
  const ErrorPtr error(raw);
  if (error) problem = error->message;
  return bound;
}

// A free port of the range, from a random one on, as with many of these at once.
bool bind_in(GSocket *socket, const std::string &ip, const PortRange &ports, std::string &problem) {
  if (ports.any()) return bind_to(socket, {ip, 0}, problem);
  const auto count = ports.high - ports.low + 1;
  const auto first = static_cast<unsigned>(g_random_int_range(0, static_cast<gint32>(count)));
  for (unsigned i = 0; i < count; i++)
    if (bind_to(socket, {ip, ports.low + (first + i) % count}, problem)) return true;
  return false;
}

}  // namespace

struct UdpSocket::State : std::enable_shared_from_this<UdpSocket::State> {
  explicit State(EventLoop &l) : loop(l) {}

  EventLoop &loop;
  Ref<GSocket> socket;
  Ref<GSource> source;
  Received received;
  Failed failed;

  void close() {
    if (source) g_source_destroy(source.get());
    source.reset();
    received = nullptr;
    failed = nullptr;
  }

  void read() {
    const auto keep = shared_from_this();
    std::array<char, 65536> buffer;
    // A bound, so that a flood does not keep the loop from all else.
    for (int i = 0; i < 64 && source; i++) {
      GSocketAddress *raw_from = nullptr;
      GError *raw = nullptr;
      const auto size = g_socket_receive_from(socket.get(), &raw_from, buffer.data(), buffer.size(),
                                              nullptr, &raw);
      const auto from = adopt(raw_from);
      const ErrorPtr error(raw);
      if (g_error_matches(raw, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) return;
      if (error) {
        if (const auto report = failed) report(error->message);
        continue;
      }
      if (const auto report = received)
        report(to_ip_port(from.get()), std::string_view(buffer.data(), static_cast<size_t>(size)));
    }
  }
};

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(EventLoop &loop, bool ipv6,
                                                   const LocalSide &local, Received received,
                                                   Failed failed) {
  std::string ip = ipv6 ? "::" : "0.0.0.0";
  if (!local.addresses.empty()) {
    const auto found =
        std::find_if(local.addresses.begin(), local.addresses.end(),
                     [&](const auto &a) { return (a.find(':') != std::string::npos) == ipv6; });
    if (found == local.addresses.end())
      return Error{Error::Kind::settings, format("no local IPv%d address is allowed", ipv6 ? 6 : 4),
                   "bind"};
    ip = *found;
  }
  auto state = std::make_shared<State>(loop);
  state->socket = new_socket(ipv6);
  std::string problem = format("this machine has no IPv%d", ipv6 ? 6 : 4);
  if (!state->socket || !bind_in(state->socket.get(), ip, local.ports, problem)) {
    const auto where =
        local.ports.any() ? ip : ip + format(", ports %u-%u", local.ports.low, local.ports.high);
    return Error{Error::Kind::settings, "no local port can be had on " + where + ": " + problem,
                 "bind"};
  }
  state->received = std::move(received);
  state->failed = std::move(failed);
  state->source = adopt(g_socket_create_source(state->socket.get(), G_IO_IN, nullptr));
  const GSocketSourceFunc ready = [](GSocket *, GIOCondition, gpointer data) -> gboolean {
    const auto *weak = static_cast<std::weak_ptr<State> *>(data);
    if (const auto self = weak->lock()) self->read();
    return G_SOURCE_CONTINUE;
  };
  g_source_set_callback(state->source.get(), reinterpret_cast<GSourceFunc>(ready),
                        new std::weak_ptr<State>(state),
                        [](gpointer data) { delete static_cast<std::weak_ptr<State> *>(data); });
  g_source_attach(state->source.get(), loop.context());
  return std::unique_ptr<UdpSocket>(new UdpSocket(std::move(state)));
}

UdpSocket::~UdpSocket() { state_->close(); }

bool UdpSocket::connect(const IpPort &remote) {
  const auto address = to_socket_address(remote);
  return address && g_socket_connect(state_->socket.get(), address.get(), nullptr, nullptr);
}

void UdpSocket::send(std::string_view bytes) {
  GError *raw = nullptr;
  g_socket_send(state_->socket.get(), bytes.data(), bytes.size(), nullptr, &raw);
  // What ICMP said about an earlier packet is told here too, and then not by a read.
  const ErrorPtr error(raw);
  if (!error || g_error_matches(raw, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) return;
  state_->loop.post(
      if_alive(std::weak_ptr(state_), [reason = std::string(error->message)](State &state) {
        if (const auto report = state.failed) report(reason);
      }));
}

void UdpSocket::send_to(const IpPort &remote, std::string_view bytes) {
  const auto address = to_socket_address(remote);
  if (address)
    g_socket_send_to(state_->socket.get(), address.get(), bytes.data(), bytes.size(), nullptr,
                     nullptr);
}

IpPort UdpSocket::local() const {
  return to_ip_port(adopt(g_socket_get_local_address(state_->socket.get(), nullptr)).get());
}

IpPort local_address_towards(const IpPort &remote) {
  const auto socket = new_socket(remote.is_v6());
  const auto address = to_socket_address(remote);
  if (!socket || !address || !g_socket_connect(socket.get(), address.get(), nullptr, nullptr))
    return {};
  return to_ip_port(adopt(g_socket_get_local_address(socket.get(), nullptr)).get());
}

}  // namespace rtc
