#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>

#include "base/signal.hpp"
#include "base/text.hpp"
#include "ice/stun_frame.hpp"
#include "ice/stun_socket.hpp"

namespace rtc {

namespace {

// Why a certificate is not trusted, in words.
std::string describe(GTlsCertificateFlags flags) {
  static constexpr struct {
    GTlsCertificateFlags flag;
    const char *text;
  } rows[] = {
      {G_TLS_CERTIFICATE_UNKNOWN_CA, "no trusted authority has signed it"},
      {G_TLS_CERTIFICATE_BAD_IDENTITY, "it is for another name"},
      {G_TLS_CERTIFICATE_NOT_ACTIVATED, "it is not valid yet"},
      {G_TLS_CERTIFICATE_EXPIRED, "it has expired"},
      {G_TLS_CERTIFICATE_REVOKED, "it is revoked"},
      {G_TLS_CERTIFICATE_INSECURE, "its algorithm is not secure"},
  };
  std::vector<std::string> reasons;
  for (const auto &row : rows)
    if (flags & row.flag) reasons.emplace_back(row.text);
  return "its certificate is not trusted" + (reasons.empty() ? "" : ": " + join(reasons, ", "));
}

ProbeFailure classify(const GError *error, const std::string &certificate) {
  ProbeFailure failure{ProbeOutcome::unreachable, 0, error->message};
  if (error->domain == G_TLS_ERROR) {
    failure.outcome = ProbeOutcome::tls_failed;
    if (!certificate.empty()) failure.reason = certificate;
  } else if (error->domain == G_RESOLVER_ERROR) {
    failure.outcome = ProbeOutcome::not_resolved;
  }
  return failure;
}

// Kept alive by the GIO operations under way; these end when it is closed.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(const StunSocket::Settings &settings, StunSocket::Events events)
      : settings_(settings), events_(std::move(events)) {}

  void connect();
  void send(std::string_view message);
  void close() {
    events_ = {};
    g_cancellable_cancel(cancellable_.get());
  }
  GSocket *socket() const { return socket_.get(); }
  const char *waits_for() const { return waits_for_; }

 private:
  using Holder = std::shared_ptr<Stream>;

  bool tls() const { return settings_.uri.transport == IceUri::Transport::tls; }
  bool closed() const { return g_cancellable_is_cancelled(cancellable_.get()); }
  Ref<GSocketClient> new_client();
  void bind(GSocketClient *client);
  void shaking_hands(GTlsConnection *connection);
  void connected(Ref<GSocketConnection> connection);
  void read();
  void write();
  void fail(const ProbeFailure &failure);

  StunSocket::Settings settings_;
  StunSocket::Events events_;
  const char *waits_for_ = "no connection was made";
  std::string certificate_;  // what is wrong with the server's
  Ref<GCancellable> cancellable_ = adopt(g_cancellable_new());
  Ref<GIOStream> stream_;
  Ref<GSocket> socket_;
  StunFrames frames_;
  std::array<char, 4096> buffer_;
  std::string queue_;    // to be written
  std::string writing_;  // under way
};

Ref<GSocketClient> Stream::new_client() {
  auto client = adopt(g_socket_client_new());
  // Media would not go through a proxy either.
  g_socket_client_set_enable_proxy(client.get(), FALSE);
  g_socket_client_set_tls(client.get(), tls());
  bind(client.get());
  connect_weak<void(GSocketClient *, GSocketClientEvent, GSocketConnectable *, GIOStream *)>(
      client.get(), "event", weak_from_this(),
      [](Stream &self, GSocketClient *, GSocketClientEvent event, GSocketConnectable *,
         GIOStream *stream) {
        if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING) self.shaking_hands(G_TLS_CONNECTION(stream));
      });
  return client;
}

void Stream::bind(GSocketClient *client) {
  const auto &addresses = settings_.local.addresses;
  if (addresses.empty()) return;
  const auto &host = settings_.uri.host;
  const bool literal = g_hostname_is_ip_address(host.c_str());
  const bool v6 = host.find(':') != std::string::npos;
  auto chosen = addresses.front();
  for (const auto &a : addresses)
    if (literal && (a.find(':') != std::string::npos) == v6) chosen = a;
  g_socket_client_set_local_address(client, to_socket_address({chosen, 0}).get());
}

void Stream::shaking_hands(GTlsConnection *connection) {
  waits_for_ = "the TLS handshake does not end";
  if (settings_.authorities) g_tls_connection_set_database(connection, settings_.authorities.get());
  connect_weak<gboolean(GTlsConnection *, GTlsCertificate *, GTlsCertificateFlags)>(
      connection, "accept-certificate", weak_from_this(),
      [](Stream &self, GTlsConnection *, GTlsCertificate *, GTlsCertificateFlags flags) {
        self.certificate_ = describe(flags);
        return gboolean(FALSE);
      });
}

void Stream::connect() {
  const auto client = new_client();
  const GAsyncReadyCallback ready = [](GObject *source, GAsyncResult *result, gpointer data) {
    const std::unique_ptr<Holder> self(static_cast<Holder *>(data));
    GError *raw = nullptr;
    auto connection =
        adopt(g_socket_client_connect_to_host_finish(G_SOCKET_CLIENT(source), result, &raw));
    const ErrorPtr error(raw);
    if (error) return (*self)->fail(classify(raw, (*self)->certificate_));
    (*self)->connected(std::move(connection));
  };
  const auto &uri = settings_.uri;
  g_socket_client_connect_to_host_async(client.get(), uri.host.c_str(),
                                        static_cast<guint16>(uri.port), cancellable_.get(), ready,
                                        new Holder(shared_from_this()));
}

void Stream::connected(Ref<GSocketConnection> connection) {
  if (closed()) return;
  waits_for_ = "it is connected, but no answer came";
  socket_ = share(g_socket_connection_get_socket(connection.get()));
  stream_ = share(G_IO_STREAM(connection.get()));
  g_socket_set_option(socket_.get(), IPPROTO_TCP, TCP_NODELAY, 1, nullptr);
  read();
  if (const auto report = events_.opened) report();
}

void Stream::read() {
  const GAsyncReadyCallback ready = [](GObject *source, GAsyncResult *result, gpointer data) {
    const std::unique_ptr<Holder> holder(static_cast<Holder *>(data));
    auto &self = **holder;
    GError *raw = nullptr;
    const auto count = g_input_stream_read_finish(G_INPUT_STREAM(source), result, &raw);
    const ErrorPtr error(raw);
    if (self.closed()) return;
    if (error) return self.fail(classify(raw, ""));
    if (count == 0) return self.fail({ProbeOutcome::not_stun, 0, "it closes the connection"});
    self.frames_.feed({self.buffer_.data(), static_cast<size_t>(count)});
    while (const auto message = self.frames_.next())
      if (const auto report = self.events_.received) report(*message);
    if (self.frames_.broken())
      return self.fail({ProbeOutcome::not_stun, 0, "what it sends is not STUN"});
    if (!self.closed()) self.read();
  };
  g_input_stream_read_async(g_io_stream_get_input_stream(stream_.get()), buffer_.data(),
                            buffer_.size(), G_PRIORITY_DEFAULT, cancellable_.get(), ready,
                            new Holder(shared_from_this()));
}

void Stream::send(std::string_view message) {
  queue_ += message;
  if (writing_.empty()) write();
}

void Stream::write() {
  writing_ = std::exchange(queue_, "");
  if (writing_.empty()) return;
  const GAsyncReadyCallback ready = [](GObject *source, GAsyncResult *result, gpointer data) {
    const std::unique_ptr<Holder> holder(static_cast<Holder *>(data));
    auto &self = **holder;
    GError *raw = nullptr;
    g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, nullptr, &raw);
    const ErrorPtr error(raw);
    if (self.closed()) return;
    if (error) return self.fail(classify(raw, ""));
    self.write();
  };
  g_output_stream_write_all_async(g_io_stream_get_output_stream(stream_.get()), writing_.data(),
                                  writing_.size(), G_PRIORITY_DEFAULT, cancellable_.get(), ready,
                                  new Holder(shared_from_this()));
}

void Stream::fail(const ProbeFailure &failure) {
  const auto report = events_.failed;
  close();
  if (report) report(failure);
}

class StreamStunSocket : public StunSocket {
 public:
  StreamStunSocket(const Settings &settings, Events events)
      : stream_(std::make_shared<Stream>(settings, std::move(events))) {
    stream_->connect();
  }
  ~StreamStunSocket() override { stream_->close(); }

  void send(std::string_view message) override { stream_->send(message); }
  IpPort local() const override {
    return stream_->socket()
               ? to_ip_port(adopt(g_socket_get_local_address(stream_->socket(), nullptr)).get())
               : IpPort{};
  }
  IpPort remote() const override {
    return stream_->socket()
               ? to_ip_port(adopt(g_socket_get_remote_address(stream_->socket(), nullptr)).get())
               : IpPort{};
  }
  std::string waits_for() const override { return stream_->waits_for(); }

 private:
  std::shared_ptr<Stream> stream_;
};

}  // namespace

std::unique_ptr<StunSocket> open_stun_stream(const StunSocket::Settings &settings,
                                             StunSocket::Events events) {
  return std::make_unique<StreamStunSocket>(settings, std::move(events));
}

}  // namespace rtc
