// Signaler: carries descriptions, candidates and goodbyes between peers, and tells which peers and
// streams there are. It never sees a webrtcbin.
//
// Threads: called, and calling back, on the event loop only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ice/ice_server.hpp"
#include "message/message.hpp"

namespace rtc {

using PeerId = std::string;
using SessionId = std::string;

struct PeerInfo {
  std::string name;          // the stream it publishes, empty where it has none
  bool publishes = false;    // its streams can be asked for with open()
  bool takes_calls = false;  // open() calls it

  bool operator==(const PeerInfo &) const = default;
};

// What our side is to the others; sent at each (re)connection.
struct Presence {
  bool publishes = false;  // listed for viewers under `name`
  bool watches = false;    // wants peer_joined and peer_left
  std::string name;
  bool name_is_fixed = true;  // false: the signaler may append "-2", "-3" when the name is taken
  bool takes_calls = false;
};

// What a peer asks of us with a session.
struct SessionRequest {
  std::optional<Description> offer;  // to be answered; without one it expects ours
  bool takes_parity = false;         // see add_parity(); others may refuse an offer with it
};

class Signaler {
 public:
  struct Traits {
    bool trickle = true;  // candidates may follow the description
    bool publisher_offers = true;
    bool many_peers = true;
  };

  class Listener {
   public:
    virtual ~Listener() = default;
    // Connected and registered; comes again after each reconnection. `name` is the stream name in
    // effect. Sessions opened before stay valid unless peer_left or a Bye says otherwise.
    virtual void ready(const IceServers &servers, const std::string &name) = 0;
    virtual void peer_joined(const PeerId &peer, const PeerInfo &info) = 0;
    virtual void session_requested(const SessionId &session, const PeerId &peer,
                                   SessionRequest request) = 0;
    // The session that open() asked for exists; its offer follows through received().
    virtual void session_opened(const SessionId &session, const PeerId &peer) = 0;
    virtual void received(const SessionId &session, Message message) = 0;
    // `lost`: its signaling broke, or ours did in the meantime; its media may go on.
    virtual void peer_left(const PeerId &peer, bool lost) = 0;
    // The servers of ready() with newer credentials, for sessions to come.
    virtual void ice_servers_changed(const IceServers &) {}
    // The connection is gone; the signaler reconnects by itself and ready() will follow.
    // Kind::not_found says that the server has ended, any other kind that the network failed; where
    // the first turns out only later, lost() comes again.
    virtual void lost(const Error &error) = 0;
    // Final: trying again cannot help (bad address, token refused, name taken, not our protocol).
    virtual void failed(const Error &error) = 0;
    // A single request was refused; the connection goes on.
    virtual void refused(const Error &error) = 0;
  };

  virtual ~Signaler() = default;
  // The listener must outlive the signaler or stop() must have been called.
  virtual void start(Listener &listener, const Presence &presence) = 0;
  virtual void open(const PeerId &peer) = 0;
  virtual void send(const SessionId &session, const Message &message) = 0;
  virtual void stop() = 0;
  // What the others know us by; empty while there is no connection.
  virtual PeerId own_id() const = 0;
  virtual Traits traits() const = 0;
};

}  // namespace rtc
