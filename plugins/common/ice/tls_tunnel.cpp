#include "ice/tls_tunnel.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/log.hpp"
#include "base/signal.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {

// Media is not to wait for more of it.
void send_at_once(GSocketConnection *connection) {
  g_socket_set_option(g_socket_connection_get_socket(connection), IPPROTO_TCP, TCP_NODELAY, 1,
                      nullptr);
}

}  // namespace

struct TlsTunnel::Target : std::enable_shared_from_this<Target> {
  std::string host;
  unsigned port = 0;
  Ref<GTlsDatabase> authorities;
  std::function<void()> failed;
  Ref<GCancellable> cancellable = adopt(g_cancellable_new());
};

// One connection through the tunnel; lives in the operations that are under way.
class TlsTunnel::Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(std::shared_ptr<Target> target, GSocketConnection *near)
      : target_(std::move(target)), near_(share(near)) {}

  void connect() {
    send_at_once(near_.get());
    const auto client = adopt(g_socket_client_new());
    g_socket_client_set_enable_proxy(client.get(), FALSE);
    const auto address =
        adopt(g_network_address_new(target_->host.c_str(), static_cast<guint16>(target_->port)));
    g_socket_client_connect_async(
        client.get(), G_SOCKET_CONNECTABLE(address.get()), target_->cancellable.get(),
        [](GObject *source, GAsyncResult *result, gpointer data) {
          const auto self = take(data);
          GError *error = nullptr;
          self->far_ =
              adopt(g_socket_client_connect_finish(G_SOCKET_CLIENT(source), result, &error));
          self->far_ ? self->shake_hands() : self->fail(error);
        },
        keep());
  }

 private:
  // A reference of an operation under way.
  gpointer keep() { return new std::shared_ptr<Stream>(shared_from_this()); }
  static std::shared_ptr<Stream> take(gpointer data) {
    const std::unique_ptr<std::shared_ptr<Stream>> owner(
        static_cast<std::shared_ptr<Stream> *>(data));
    return *owner;
  }

  void fail(GError *raw) {
    const ErrorPtr error(raw);
    RTC_INFO("TURN over TLS to %s:%u: %s", target_->host.c_str(), target_->port, error->message);
    if (!g_cancellable_is_cancelled(target_->cancellable.get())) target_->failed();
    g_io_stream_close_async(G_IO_STREAM(near_.get()), G_PRIORITY_DEFAULT, nullptr, nullptr,
                            nullptr);
  }

  void shake_hands() {
    send_at_once(far_.get());
    const auto identity =
        adopt(g_network_address_new(target_->host.c_str(), static_cast<guint16>(target_->port)));
    GError *error = nullptr;
    tls_ = adopt(g_tls_client_connection_new(G_IO_STREAM(far_.get()),
                                             G_SOCKET_CONNECTABLE(identity.get()), &error));
    if (!tls_) return fail(error);
    if (target_->authorities)
      g_tls_connection_set_database(G_TLS_CONNECTION(tls_.get()), target_->authorities.get());
    g_tls_connection_handshake_async(
        G_TLS_CONNECTION(tls_.get()), G_PRIORITY_DEFAULT, target_->cancellable.get(),
        [](GObject *source, GAsyncResult *result, gpointer data) {
          const auto self = take(data);
          GError *failure = nullptr;
          if (!g_tls_connection_handshake_finish(G_TLS_CONNECTION(source), result, &failure))
            return self->fail(failure);
          self->carry(G_IO_STREAM(self->near_.get()), self->tls_.get());
          self->carry(self->tls_.get(), G_IO_STREAM(self->near_.get()));
        },
        keep());
  }

  // Until either side ends, which ends the other.
  void carry(GIOStream *from, GIOStream *to) {
    g_output_stream_splice_async(
        g_io_stream_get_output_stream(to), g_io_stream_get_input_stream(from),
        GOutputStreamSpliceFlags(G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
                                 G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET),
        G_PRIORITY_DEFAULT, target_->cancellable.get(),
        [](GObject *source, GAsyncResult *result, gpointer data) {
          const auto self = take(data);
          g_output_stream_splice_finish(G_OUTPUT_STREAM(source), result, nullptr);
          g_socket_shutdown(g_socket_connection_get_socket(self->near_.get()), TRUE, TRUE, nullptr);
          g_socket_shutdown(g_socket_connection_get_socket(self->far_.get()), TRUE, TRUE, nullptr);
        },
        keep());
  }

  const std::shared_ptr<Target> target_;
  const Ref<GSocketConnection> near_;
  Ref<GSocketConnection> far_;
  Ref<GIOStream> tls_;
};

Result<std::unique_ptr<TlsTunnel>> TlsTunnel::open(std::string host, unsigned port,
                                                   Ref<GTlsDatabase> authorities,
                                                   std::function<void()> failed) {
  std::unique_ptr<TlsTunnel> tunnel(new TlsTunnel);
  tunnel->target_ = std::make_shared<Target>();
  tunnel->target_->host = std::move(host);
  tunnel->target_->port = port;
  tunnel->target_->authorities = std::move(authorities);
  tunnel->target_->failed = std::move(failed);
  tunnel->service_ = adopt(g_socket_service_new());
  // It is active from the start, and drops what it accepts while an address is added.
  g_socket_service_stop(tunnel->service_.get());
  for (const auto family : {G_SOCKET_FAMILY_IPV4, G_SOCKET_FAMILY_IPV6}) {
    const auto address = adopt(g_inet_address_new_loopback(family));
    const auto near =
        adopt(g_inet_socket_address_new(address.get(), static_cast<guint16>(tunnel->port_)));
    GSocketAddress *bound = nullptr;
    if (!g_socket_listener_add_address(G_SOCKET_LISTENER(tunnel->service_.get()), near.get(),
                                       G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, nullptr, &bound,
                                       nullptr))
      continue;
    const auto owned = adopt(bound);
    tunnel->port_ = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
  }
  if (!tunnel->port_)
    return Error{Error::Kind::failed,
                 "TURN over TLS needs a port on loopback, and none can be had.",
                 "g_socket_listener_add_address"};
  connect_weak<gboolean(GSocketService *, GSocketConnection *, GObject *)>(
      tunnel->service_.get(), "incoming", std::weak_ptr(tunnel->target_),
      [](Target &target, GSocketService *, GSocketConnection *connection, GObject *) {
        std::make_shared<Stream>(target.shared_from_this(), connection)->connect();
        return gboolean(TRUE);
      });
  g_socket_service_start(tunnel->service_.get());
  return tunnel;
}

TlsTunnel::~TlsTunnel() {
  if (!service_) return;
  g_socket_service_stop(service_.get());
  g_socket_listener_close(G_SOCKET_LISTENER(service_.get()));
  g_cancellable_cancel(target_->cancellable.get());
}

}  // namespace rtc
