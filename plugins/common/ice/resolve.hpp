// The addresses of a host name, without blocking.
//
// Threads: the event loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ref.hpp"

namespace rtc {

// One look-up; destroying it gives up, and nothing is called any more.
class Resolve {
 public:
  using Done = std::function<void(Result<std::vector<std::string>> addresses)>;

  // `host` may be an address itself. `done` comes once, later, and may destroy this.
  Resolve(const std::string &host, Done done);
  ~Resolve();
  Resolve(const Resolve &) = delete;

 private:
  Ref<GCancellable> cancellable_;
  std::shared_ptr<Done> done_;
};

}  // namespace rtc
