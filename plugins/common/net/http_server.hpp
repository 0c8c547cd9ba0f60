// An HTTP/1.1 server on one address over libsoup: requests in, answers out, and WebSocket upgrades
// handed over as open streams. Which paths there are is its handler's business.
//
// Threads: made, used and destroyed on its event loop.
#pragma once

#include <libsoup/soup.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/event_loop.hpp"
#include "net/web_socket.hpp"

namespace rtc {

struct HttpRequest {
  std::string method;
  std::string path;   // as sent: percent-encoded
  std::string query;  // the same
  std::string authorization;
  std::string if_none_match;
  bool upgrade = false;  // it asks for a WebSocket
};

struct HttpResponse {
  unsigned status = 200;
  std::string type;  // of the body, e.g. "text/plain; charset=utf-8"
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

class HttpServer {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // A status of 101 agrees to an upgrade that was asked for; upgraded() follows.
    virtual HttpResponse respond(const HttpRequest &request) = 0;
    virtual void upgraded(const HttpRequest &request, OpenStream stream) = 0;
  };

  struct Settings {
    std::string listen;  // host:port, [v6]:port or :port for all addresses; port 0 picks one
    std::string tls_certificate;
    std::string tls_key;
  };

  // The handler must outlive the server.
  static Result<std::unique_ptr<HttpServer>> start(const Settings &settings, Handler &handler);
  ~HttpServer();
  HttpServer(const HttpServer &) = delete;

  unsigned port() const { return port_; }
  bool tls() const { return tls_; }
  // The host to open on this machine, an IPv6 address in brackets.
  const std::string &host() const { return host_; }

 private:
  HttpServer(Ref<SoupServer> server, Handler &handler);
  void answer(SoupServerMessage *message);
  void upgrade(SoupServerMessage *message, const HttpRequest &request);

  Ref<SoupServer> server_;
  std::shared_ptr<Handler *> handler_;  // upgrades under way hold it weakly
  unsigned port_ = 0;
  bool tls_ = false;
  std::string host_;
};

}  // namespace rtc
