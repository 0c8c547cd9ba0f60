// Opens a WebSocket to a ws: or wss: URI: name, connection, TLS and the handshake of RFC 6455
// section 4. What failed is told apart by the kind of the Error:
//   settings   the address or a file is wrong, the server is not trusted or speaks something else
//   refused    the server asks for another token
//   not_found  nobody answers, or the server is full; trying again may help
//   failed     the connection broke; trying again may help
//
// Threads: everything on the event loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "net/web_socket.hpp"

namespace rtc {

struct WsClientSettings {
  std::string uri;          // ws://host[:port]/path?query
  std::string token;        // secret: sent as bearer token
  std::string tls_ca_file;  // PEM; empty: the system's authorities
};

// One attempt; destroying it gives up and nothing is called any more.
class WsClient {
 public:
  using Done = std::function<void(Result<OpenStream>)>;

  // `done` comes once, later, and may destroy the WsClient.
  WsClient(EventLoop &loop, const WsClientSettings &settings, Done done);
  ~WsClient();

 private:
  class Attempt;
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace rtc
