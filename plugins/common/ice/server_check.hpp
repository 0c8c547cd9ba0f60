// Finds out why ICE servers did not give what was asked of them: libnice only says that no
// candidate came. Asks each of them itself, at most once in a while, and tells what is wrong.
//
// Threads: the event loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/event_loop.hpp"
#include "ice/ice_server.hpp"
#include "ice/local_side.hpp"
#include "ice/server_probe.hpp"

namespace rtc {

class ServerCheck {
 public:
  // The server, and what is wrong with it.
  using Found = std::function<void(const IceUri &, const Error &)>;

  ServerCheck(EventLoop &loop, std::string ca_file, LocalSide local)
      : loop_(loop), ca_file_(std::move(ca_file)), local_(std::move(local)) {}

  void on_found(Found found) { found_ = std::move(found); }
  // Asks the servers from which nothing came: those for STUN, those for TURN, or both.
  void check(const IceServers &servers, bool stun, bool turn);

 private:
  struct Probed {
    TimePoint when{};
    std::unique_ptr<ServerProbe> probe;
  };
  void probe(const std::string &url, const IceServer &server, bool stun, bool turn);

  EventLoop &loop_;
  const std::string ca_file_;
  const LocalSide local_;
  Found found_;
  std::map<std::string, Probed> probed_;  // by URL
};

}  // namespace rtc
