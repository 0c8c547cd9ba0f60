// The host name candidates of browsers (draft-ietf-mmusic-mdns-ice-candidates): resolved where the
// system can, without making anything wait. Where it cannot they are dropped, and the browser
// reaches us as a peer-reflexive candidate.
//
// Threads: the event loop.
#pragma once

#include <gio/gio.h>

#include <functional>
#include <memory>
#include <string>

#include "base/ref.hpp"

namespace rtc {

class MdnsResolver {
 public:
  MdnsResolver() : state_(std::make_shared<State>()) {}
  ~MdnsResolver();
  MdnsResolver(const MdnsResolver &) = delete;

  // `done` comes with the candidate in which an address stands for the name, or never.
  void resolve(const std::string &candidate, std::function<void(std::string)> done);

 private:
  struct State {
    Ref<GCancellable> cancellable = adopt(g_cancellable_new());
    unsigned under_way = 0;
    unsigned failures = 0;  // in a row
  };
  std::shared_ptr<State> state_;
};

}  // namespace rtc
