// Sends paced packets through an allocation of a TURN server and takes them back.
//
//   peer:    a UDP socket of our own -> relayed address -> us -> relayed address -> the socket.
//            The way of media, and it needs the relay's ports to be reachable.
//   itself:  us -> relayed address -> relayed address -> us. It works where UDP is blocked.
//
// Threads: the event loop.
#pragma once

#include <functional>
#include <memory>

#include "ice/relay_quality.hpp"
#include "ice/udp_socket.hpp"

namespace rtc {

class RelayCheck {
 public:
  enum class Path { peer, itself };
  struct Settings {
    IpPort relayed;
    Path path = Path::peer;
    unsigned packets = 50;
    milliseconds pace{20};
    milliseconds patience{1000};  // after the last packet
    LocalSide local;
  };
  // Sends through the allocation; permissions are there already.
  using Send = std::function<void(const IpPort &peer, std::string_view data)>;
  using Done = std::function<void(RelayQuality)>;

  // `done` comes once, later, and may destroy this.
  RelayCheck(EventLoop &loop, Settings settings, Send send, Done done);

  // What came through the allocation.
  void received(const IpPort &peer, std::string_view data);

 private:
  void send_next();
  void returned(std::string_view data);
  void finish();

  EventLoop &loop_;
  Settings settings_;
  Send send_;
  Done done_;
  std::string mark_;  // tells our packets from those of others
  EchoTally tally_;
  std::unique_ptr<UdpSocket> peer_;
  Timer pacer_;
  Timer patience_;
};

}  // namespace rtc
