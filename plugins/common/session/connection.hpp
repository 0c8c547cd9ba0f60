// How an element reaches its peers, from its properties: the signaler that the URI names, or the
// shared or own server with a signaler to it.
//
// Threads: the event loop.
#pragma once

#include <memory>
#include <string>

#include "ice/ice_context.hpp"
#include "session/host.hpp"
#include "signaling/registry.hpp"

namespace rtc {

struct ConnectionSettings : IceOptions {
  std::string uri;
  std::string listen;
  std::string token;  // secret
  std::string tls_ca_file;
  std::string tls_certificate;
  std::string tls_key;
};

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(EventLoop &loop,
                                                  const ConnectionSettings &settings);

  Signaler &signaler() { return *signaler_; }
  const std::shared_ptr<IceContext> &ice() const { return ice_; }
  // The signaler lost its server.
  void lost() {
    if (host_) host_->take_over();
  }
  void ready() {
    if (host_) host_->settled();
  }
  // Where a browser can watch; the URI itself when the server is somebody else's.
  std::string page_url() const;

 private:
  std::string uri_;
  std::shared_ptr<IceContext> ice_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<Signaler> signaler_;  // goes before the host
};

}  // namespace rtc
