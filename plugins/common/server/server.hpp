// The HTTP server of rooms: the page, the rooms protocol over WebSocket, health and metrics on one
// port. The same class serves the elements' `listen` and tools/rtc-server.
//
// Threads: made, used and destroyed on its event loop.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/event_loop.hpp"
#include "ice/ice_server.hpp"
#include "ice/turn_rest.hpp"

namespace rtc {

struct ServerSettings {
  std::string listen =
      "127.0.0.1:8080";         // host:port, [v6]:port, :port (all addresses); port 0 picks one
  std::string tls_certificate;  // PEM files; both or none
  std::string tls_key;
  std::string token;  // secret: asked of every client when not empty
  size_t max_peers = 10000;
  size_t max_message_size = 256 * 1024;     // bytes of one WebSocket message
  size_t max_queue_size = 4 * 1024 * 1024;  // bytes a peer may leave unread before it is dropped
  // With TLS, a second plain port on loopback for the process that brings the server: it cannot
  // check a certificate made for another host name.
  bool plain_loopback = false;
  seconds ping_interval{30};  // a peer that answers no ping for two intervals is dropped
  // Told to every peer. TURN servers without credentials get some that `turn` mints for the peer.
  IceServers ice_servers;
  TurnRest turn;
};

class Server {
 public:
  // Listens at once; port in use, bad certificate, bad address are Errors with the remedy.
  static Result<std::unique_ptr<Server>> start(EventLoop &loop, ServerSettings settings);
  ~Server();

  // The address a browser on this machine opens, e.g. "http://127.0.0.1:8080/".
  std::string page_url() const;
  // The same for peers on this machine: "ws://127.0.0.1:8080/".
  std::string signaling_url() const;
  unsigned port() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rtc
