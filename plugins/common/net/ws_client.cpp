#include "net/ws_client.hpp"

#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <array>

#include "base/redact.hpp"
#include "base/signal.hpp"
#include "base/text.hpp"
#include "net/tls.hpp"

namespace rtc {

namespace {

constexpr seconds time_limit{15};
// The first packet to a network that is down for the moment is lost, and the system sends it again
// with growing pauses: another attempt comes sooner.
constexpr seconds connect_limit{3};
constexpr size_t max_response = 16 * 1024;

struct Target {
  std::string host;
  unsigned port = 0;
  bool tls = false;
  std::string authority;  // of the Host header
  std::string path;       // with its query
};

// What goes into a request line or header must not begin another one.
bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c < 0 || (c > ' ' && c < 127); });
}

Result<Target> parse(const std::string &text) {
  GUri *raw = g_uri_parse(text.c_str(), GUriFlags(G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED),
                          nullptr);
  const std::unique_ptr<GUri, Freer<g_uri_unref>> uri(raw);
  const std::string scheme = uri ? g_uri_get_scheme(raw) : "";
  const char *host = uri ? g_uri_get_host(raw) : nullptr;
  if (!host || !*host || (scheme != "ws" && scheme != "wss"))
    return Error{Error::Kind::settings,
                 "\"" + redact(text) + "\" is no WebSocket address; write ws://host:port/room.",
                 {}};
  Target target{host, 0, scheme == "wss", {}, g_uri_get_path(raw)};
  const int port = g_uri_get_port(raw);
  target.port = port > 0 ? static_cast<unsigned>(port) : target.tls ? 443 : 80;
  target.authority =
      target.host.find(':') == std::string::npos ? target.host : "[" + target.host + "]";
  if (port > 0) target.authority += ":" + std::to_string(port);
  if (target.path.empty()) target.path = "/";
  if (const char *query = g_uri_get_query(raw)) target.path += std::string("?") + query;
  if (!printable(target.host + target.path))
    return Error{Error::Kind::settings, "\"" + redact(text) + "\" has blanks in it.", {}};
  return target;
}

std::string random_key() {
  std::array<guint32, 4> bytes;
  for (auto &word : bytes) word = g_random_int();
  return CharPtr(g_base64_encode(reinterpret_cast<guchar *>(bytes.data()), sizeof bytes)).get();
}

// RFC 6455 section 4.2.2, 5.4.
std::string accept_of(const std::string &key) {
  const auto text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<guint8, 20> digest;
  gsize size = digest.size();
  const std::unique_ptr<GChecksum, Freer<g_checksum_free>> sum(g_checksum_new(G_CHECKSUM_SHA1));
  g_checksum_update(sum.get(), reinterpret_cast<const guchar *>(text.data()),
                    static_cast<gssize>(text.size()));
  g_checksum_get_digest(sum.get(), digest.data(), &size);
  return CharPtr(g_base64_encode(digest.data(), size)).get();
}

Error connect_error(const Target &target, const GError *error) {
  const auto where = target.authority;
  if (error->domain == G_TLS_ERROR)
    return {
        g_error_matches(error, G_TLS_ERROR, G_TLS_ERROR_EOF) ? Error::Kind::failed
                                                             : Error::Kind::settings,
        "No secure connection to " + where + ": " + error->message +
            ". Give the server's authority with tls-ca-file, or use ws: where it speaks no TLS.",
        "TLS"};
  if (error->domain == G_RESOLVER_ERROR)
    return {Error::Kind::not_found,
            "The name of the server " + where + " is not known; check the address.",
            error->message};
  // Where nobody listens there is no server; silence may be the network.
  return {
      g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) ? Error::Kind::not_found
                                                                        : Error::Kind::failed,
      "No signaling server answers at " + where + "; start one (rtc-server) or check the address.",
      error->message};
}

Error status_error(const Target &target, unsigned status) {
  const auto where = target.authority;
  const auto detail = format("HTTP status %u", status);
  if (status == 401 || status == 403)
    return {Error::Kind::refused,
            "The server " + where + " refused the token; set the right one with \"token\".",
            detail};
  if (status == 429 || status == 503)
    return {Error::Kind::not_found, "The server " + where + " is full or busy.", detail};
  if (status >= 500)
    return {Error::Kind::failed, "The server " + where + " failed (" + detail + ").", detail};
  return {Error::Kind::settings,
          "The server " + where + " offers no signaling at " +
              target.path.substr(0, target.path.find('?')) + " (" + detail +
              "); check host, port and room.",
          detail};
}

// An address that changed or a cable that was pulled breaks no connection by itself. The systems of
// both sides find out, without waking a program: nothing heard for 10 s, by probes every few
// seconds, is an error of the socket.
void watch_path(GSocket *socket) {
  g_socket_set_keepalive(socket, TRUE);
  g_socket_set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 4, nullptr);
  g_socket_set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 2, nullptr);
  g_socket_set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3, nullptr);
  g_socket_set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, 10000, nullptr);  // ms
}

}  // namespace

// Kept alive by the GIO operations under way; these end when it is cancelled.
class WsClient::Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(EventLoop &loop, WsClientSettings settings, Done done)
      : loop_(loop), settings_(std::move(settings)), done_(std::move(done)) {}

  void start();
  void cancel() {
    done_ = nullptr;
    timer_.cancel();
    connecting_.cancel();
    g_cancellable_cancel(cancellable_.get());
  }

 private:
  using Holder = std::shared_ptr<Attempt>;

  Timer limit(seconds time);
  void connect();
  void connected(Ref<GSocketConnection> connection);
  void send_request();
  void read_more();
  void received();
  void finish(Result<OpenStream> result);
  void fail(const GError *error) { finish(connect_error(target_, error)); }

  EventLoop &loop_;
  WsClientSettings settings_;
  Done done_;
  Target target_;
  Ref<GTlsDatabase> authorities_;
  Ref<GCancellable> cancellable_ = adopt(g_cancellable_new());
  Ref<GIOStream> stream_;
  Ref<GSocket> socket_;
  std::string key_ = random_key();
  std::string request_;
  std::string response_;
  std::array<char, 4096> buffer_;
  Timer timer_;
  Timer connecting_;  // until the first address answers
};

void WsClient::Attempt::start() {
  auto target = parse(settings_.uri);
  if (target && !printable(settings_.token))
    target = Error{Error::Kind::settings, "The token has blanks or control characters in it.", {}};
  if (target) target_ = *target;
  auto authorities = target && target->tls ? load_authorities(settings_.tls_ca_file)
                                           : Result<Ref<GTlsDatabase>>(Ref<GTlsDatabase>());
  if (authorities) authorities_ = *authorities;
  const auto problem = !target        ? std::optional(target.error())
                       : !authorities ? std::optional(authorities.error())
                                      : std::nullopt;
  if (problem) {
    timer_ = loop_.after(
        milliseconds(0),
        if_alive(weak_from_this(), [error = *problem](Attempt &a) { a.finish(error); }));
    return;
  }
  timer_ = limit(time_limit);
  connect();
}

Timer WsClient::Attempt::limit(seconds time) {
  return loop_.after(time, if_alive(weak_from_this(), [](Attempt &a) {
                       const ErrorPtr late(g_error_new_literal(G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                                               "no answer in time"));
                       a.fail(late.get());
                     }));
}

void WsClient::Attempt::connect() {
  auto client = adopt(g_socket_client_new());
  g_socket_client_set_tls(client.get(), target_.tls);
  // A proxy of the environment would not reach this machine's own server.
  if (target_.host == "localhost" || target_.host == "::1" || target_.host.starts_with("127."))
    g_socket_client_set_enable_proxy(client.get(), FALSE);
  connect_weak<void(GSocketClient *, GSocketClientEvent, GSocketConnectable *, GIOStream *)>(
      client.get(), "event", weak_from_this(),
      [](Attempt &self, GSocketClient *, GSocketClientEvent event, GSocketConnectable *,
         GIOStream *stream) {
        if (event == G_SOCKET_CLIENT_CONNECTING && !self.connecting_.active())
          self.connecting_ = self.limit(connect_limit);
        if (event == G_SOCKET_CLIENT_CONNECTED) self.connecting_.cancel();
        if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING && self.authorities_)
          g_tls_connection_set_database(G_TLS_CONNECTION(stream), self.authorities_.get());
      });
  const GAsyncReadyCallback ready = [](GObject *source, GAsyncResult *result, gpointer data) {
    const std::unique_ptr<Holder> self(static_cast<Holder *>(data));
    GError *raw = nullptr;
    auto connection =
        adopt(g_socket_client_connect_to_host_finish(G_SOCKET_CLIENT(source), result, &raw));
    const ErrorPtr error(raw);
    if (error) return (*self)->fail(raw);
    (*self)->connected(std::move(connection));
  };
  g_socket_client_connect_to_host_async(client.get(), target_.host.c_str(),
                                        static_cast<guint16>(target_.port), cancellable_.get(),
                                        ready, new Holder(shared_from_this()));
}

void WsClient::Attempt::connected(Ref<GSocketConnection> connection) {
  if (!done_) return;
  connecting_.cancel();
  socket_ = share(g_socket_connection_get_socket(connection.get()));
  stream_ = share(G_IO_STREAM(connection.get()));
  if (G_IS_TCP_WRAPPER_CONNECTION(connection.get()))
    stream_ = share(
        g_tcp_wrapper_connection_get_base_io_stream(G_TCP_WRAPPER_CONNECTION(connection.get())));
  g_socket_set_option(socket_.get(), IPPROTO_TCP, TCP_NODELAY, 1, nullptr);
  watch_path(socket_.get());
  send_request();
}

void WsClient::Attempt::send_request() {
  request_ = "GET " + target_.path + " HTTP/1.1\r\nHost: " + target_.authority +
             "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
             "\r\nSec-WebSocket-Key: " +
             key_ + "\r\nUser-Agent: gst-rtc/" RTC_VERSION "\r\n";
  if (!settings_.token.empty()) request_ += "Authorization: Bearer " + settings_.token + "\r\n";
  request_ += "\r\n";
  const GAsyncReadyCallback ready = [](GObject *source, GAsyncResult *result, gpointer data) {
    const std::unique_ptr<Holder> self(static_cast<Holder *>(data));
    GError *raw = nullptr;
    g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, nullptr, &raw);
    const ErrorPtr error(raw);
    if (error) return (*self)->fail(raw);
    (*self)->read_more();
  };
  g_output_stream_write_all_async(g_io_stream_get_output_stream(stream_.get()), request_.data(),
                                  request_.size(), G_PRIORITY_DEFAULT, cancellable_.get(), ready,
                                  new Holder(shared_from_this()));
}

void WsClient::Attempt::read_more() {
  const GAsyncReadyCallback ready = [](GObject *source, GAsyncResult *result, gpointer data) {
    const std::unique_ptr<Holder> holder(static_cast<Holder *>(data));
    auto &self = **holder;
    GError *raw = nullptr;
    const auto count = g_input_stream_read_finish(G_INPUT_STREAM(source), result, &raw);
    const ErrorPtr error(raw);
    if (error) return self.fail(raw);
    if (count <= 0)
      return self.finish(Error{Error::Kind::settings,
                               self.target_.authority +
                                   " answers, but not as a web server; check "
                                   "host, port and whether it speaks TLS (wss:).",
                               "end of stream in the handshake"});
    self.response_.append(self.buffer_.data(), static_cast<size_t>(count));
    self.received();
  };
  g_input_stream_read_async(g_io_stream_get_input_stream(stream_.get()), buffer_.data(),
                            buffer_.size(), G_PRIORITY_DEFAULT, cancellable_.get(), ready,
                            new Holder(shared_from_this()));
}

void WsClient::Attempt::received() {
  const auto end = response_.find("\r\n\r\n");
  if (end == std::string::npos && response_.size() < max_response) return read_more();
  SoupMessageHeaders *raw = soup_message_headers_new(SOUP_MESSAGE_HEADERS_RESPONSE);
  const std::unique_ptr<SoupMessageHeaders, Freer<soup_message_headers_unref>> headers(raw);
  guint status = 0;
  const bool http = end != std::string::npos &&
                    soup_headers_parse_response(response_.data(), static_cast<int>(end + 2), raw,
                                                nullptr, &status, nullptr);
  if (!http)
    return finish(Error{
        Error::Kind::settings, target_.authority + " is no web server; check host and port.", {}});
  if (status != 101) return finish(status_error(target_, status));
  const char *accept = soup_message_headers_get_one(raw, "Sec-WebSocket-Accept");
  if (!accept || accept_of(key_) != accept)
    return finish(Error{Error::Kind::settings,
                        "The server " + target_.authority + " does not speak WebSocket.",
                        "accept"});
  finish(OpenStream{stream_, socket_, response_.substr(end + 4)});
}

void WsClient::Attempt::finish(Result<OpenStream> result) {
  const auto keep = shared_from_this();
  const auto done = std::exchange(done_, nullptr);
  cancel();
  if (done) done(std::move(result));
}

WsClient::WsClient(EventLoop &loop, const WsClientSettings &settings, Done done)
    : attempt_(std::make_shared<Attempt>(loop, settings, std::move(done))) {
  attempt_->start();
}

WsClient::~WsClient() { attempt_->cancel(); }

}  // namespace rtc
