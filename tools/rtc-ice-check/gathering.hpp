// Gathers candidates with libnice, as webrtcbin would, and gives relays back.
//
// Threads: the event loop.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/event_loop.hpp"
#include "options.hpp"
#include "report.hpp"

class Gathering {
 public:
  struct Result {
    std::vector<FoundCandidate> candidates;
    rtc::Error error;  // why there are none
  };
  using Done = std::function<void(Result)>;

  // Asks the servers that work. `done` comes once, later, and may destroy this.
  Gathering(rtc::EventLoop &loop, const CheckPlan &plan, const std::vector<CheckedServer> &servers,
            Done done);
  ~Gathering();
  Gathering(const Gathering &) = delete;

 private:
  class Attempt;
  std::shared_ptr<Attempt> attempt_;
};
