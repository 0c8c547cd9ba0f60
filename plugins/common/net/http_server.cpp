#include "net/http_server.hpp"

#include <sys/socket.h>

#include <charconv>

#include "base/signal.hpp"
#include "base/text.hpp"
#include "net/tls.hpp"

namespace rtc {

namespace {

constexpr goffset max_body = 64 * 1024;

struct Endpoint {
  std::string host;  // empty: all addresses
  unsigned port;
};

Result<Endpoint> parse_listen(const std::string &listen) {
  const Error bad{Error::Kind::settings,
                  "\"" + listen +
                      "\" is no address to listen on; write host:port, [v6]:port or "
                      ":port, for example 127.0.0.1:8080.",
                  {}};
  const auto colon = listen.rfind(':');
  if (colon == std::string::npos) return bad;
  Endpoint endpoint{listen.substr(0, colon), 0};
  const auto *end = listen.data() + listen.size();
  const auto number = std::from_chars(listen.data() + colon + 1, end, endpoint.port);
  if (number.ec != std::errc() || number.ptr != end || endpoint.port > 0xffff) return bad;
  if (endpoint.host.starts_with('[') && endpoint.host.ends_with(']'))
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  else if (endpoint.host.find(':') != std::string::npos)
    return bad;
  return endpoint;
}

Error listen_error(const std::string &listen, const GError *error) {
  const bool in_use = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  const bool denied = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  const std::string remedy =
      in_use   ? "the port is in use. Stop the program that has it or choose another port."
      : denied ? "not permitted. Choose a port from 1024 on."
               : std::string(error->message) + ". Choose an address of this machine.";
  return {Error::Kind::settings, "Cannot listen on " + listen + ": " + remedy, error->message};
}

Result<Ref<GSocketAddress>> resolve(const Endpoint &endpoint, const std::string &listen) {
  GError *raw = nullptr;
  auto name =
      adopt(g_network_address_new(endpoint.host.c_str(), static_cast<guint16>(endpoint.port)));
  auto addresses = adopt(g_socket_connectable_enumerate(G_SOCKET_CONNECTABLE(name.get())));
  auto address = adopt(g_socket_address_enumerator_next(addresses.get(), nullptr, &raw));
  const ErrorPtr error(raw);
  if (!address && !error)
    return Error{Error::Kind::settings, "The address of \"" + listen + "\" is not known.", {}};
  if (!address) return listen_error(listen, raw);
  return address;
}

std::string header(SoupMessageHeaders *headers, const char *name) {
  const char *value = soup_message_headers_get_one(headers, name);
  return value ? value : "";
}

// libsoup would keep a body, and read an endless one without letting others have their turn.
void drop_body(SoupServerMessage *message) {
  soup_message_body_set_accumulate(soup_server_message_get_request_body(message), FALSE);
  auto *headers = soup_server_message_get_request_headers(message);
  const bool endless = soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CHUNKED;
  if (endless || soup_message_headers_get_content_length(headers) > max_body)
    g_socket_shutdown(soup_server_message_get_socket(message), TRUE, FALSE, nullptr);
}

HttpRequest read_request(SoupServerMessage *message) {
  auto *headers = soup_server_message_get_request_headers(message);
  auto *uri = soup_server_message_get_uri(message);
  HttpRequest request;
  request.method = soup_server_message_get_method(message);
  request.path = g_uri_get_path(uri);
  request.query = g_uri_get_query(uri) ? g_uri_get_query(uri) : "";
  request.authorization = header(headers, "Authorization");
  request.if_none_match = header(headers, "If-None-Match");
  request.upgrade = iequals(header(headers, "Upgrade"), "websocket");
  return request;
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const Settings &settings, Handler &handler) {
  auto endpoint = parse_listen(settings.listen);
  if (!endpoint) return endpoint.error();
  // raw-paths: a room's name may hold "%2F".
  auto soup = adopt(SOUP_SERVER(
      g_object_new(SOUP_TYPE_SERVER, "raw-paths", TRUE, "server-header", "gst-rtc", nullptr)));
  std::unique_ptr<HttpServer> server(new HttpServer(soup, handler));
  server->tls_ = !settings.tls_certificate.empty() || !settings.tls_key.empty();
  if (server->tls_) {
    auto certificate = load_certificate(settings.tls_certificate, settings.tls_key);
    if (!certificate) return certificate.error();
    soup_server_set_tls_certificate(soup.get(), certificate->get());
  }
  const auto options = server->tls_ ? SOUP_SERVER_LISTEN_HTTPS : SoupServerListenOptions(0);
  GError *raw = nullptr;
  if (endpoint->host.empty()) {
    soup_server_listen_all(soup.get(), endpoint->port, options, &raw);
  } else {
    auto address = resolve(*endpoint, settings.listen);
    if (!address) return address.error();
    soup_server_listen(soup.get(), address->get(), options, &raw);
  }
  if (const ErrorPtr error(raw); error) return listen_error(settings.listen, raw);

  GSList *listeners = soup_server_get_listeners(soup.get());
  // libsoup 3.2 leaves room for ten connections that wait to be accepted; when a crowd comes at
  // once, the system drops the others, and they try again after a second, then three.
  for (auto *entry = listeners; entry; entry = entry->next)
    ::listen(g_socket_get_fd(G_SOCKET(entry->data)), SOMAXCONN);
  auto local = adopt(g_socket_get_local_address(G_SOCKET(listeners->data), nullptr));
  g_slist_free(listeners);
  server->port_ = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(local.get()));
  const auto &host = endpoint->host;
  server->host_ = host.empty() || host == "0.0.0.0"     ? "127.0.0.1"
                  : host == "::"                        ? "[::1]"
                  : host.find(':') != std::string::npos ? "[" + host + "]"
                                                        : host;
  return server;
}

HttpServer::HttpServer(Ref<SoupServer> server, Handler &handler)
    : server_(std::move(server)), handler_(std::make_shared<Handler *>(&handler)) {
  // Answered as soon as the headers are there: no request of ours has a body worth keeping.
  const SoupServerCallback early = [](SoupServer *, SoupServerMessage *message, const char *,
                                      GHashTable *, gpointer data) {
    drop_body(message);
    static_cast<HttpServer *>(data)->answer(message);
  };
  soup_server_add_early_handler(server_.get(), nullptr, early, this, nullptr);
}

HttpServer::~HttpServer() {
  soup_server_remove_handler(server_.get(), nullptr);
  soup_server_disconnect(server_.get());
}

void HttpServer::answer(SoupServerMessage *message) {
  const auto request = read_request(message);
  const auto response = (*handler_)->respond(request);
  auto *headers = soup_server_message_get_response_headers(message);
  for (const auto &[name, value] : response.headers)
    soup_message_headers_replace(headers, name.c_str(), value.c_str());
  if (response.status == SOUP_STATUS_SWITCHING_PROTOCOLS) return upgrade(message, request);
  // libsoup has no words for this one.
  const char *reason = response.status == 426 ? "Upgrade Required" : nullptr;
  soup_server_message_set_status(message, response.status, reason);
  if (!response.type.empty())
    soup_server_message_set_response(message, response.type.c_str(), SOUP_MEMORY_COPY,
                                     response.body.data(), response.body.size());
}

void HttpServer::upgrade(SoupServerMessage *message, const HttpRequest &request) {
  if (!soup_websocket_server_process_handshake(message, nullptr, nullptr, nullptr, nullptr)) return;
  std::weak_ptr<Handler *> handler = handler_;
  connect_weak<void(SoupServerMessage *)>(
      message, "wrote-informational", handler, [request](Handler *&h, SoupServerMessage *m) {
        const auto keep = share(m);
        auto socket = share(soup_server_message_get_socket(m));
        auto stream = adopt(soup_server_message_steal_connection(m));
        if (stream && socket) h->upgraded(request, {std::move(stream), std::move(socket), {}});
      });
}

}  // namespace rtc
