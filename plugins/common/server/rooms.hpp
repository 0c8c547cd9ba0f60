// The rules of rooms (pure): a peer connects, says something or is gone; what the others must be
// told comes out. Peers see only their own room. No sockets, no clock, no threads.
//
// A message that is refused is answered by `error` to its sender and changes nothing. A session
// ends when one end says so, leaves, or gives up the role that carried it; the other end is told.
// What the told end had already sent is late, not wrong, and is dropped without an error. Of a peer
// whose connection broke, or was taken over by itself on another, the others hear that it is lost.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text.hpp"
#include "signaling/rooms/rooms_protocol.hpp"

namespace rtc {

class Rooms {
 public:
  struct Settings {
    // What a peer is told of STUN and TURN, when it comes and when it asks.
    std::function<rooms::IceOffer(const std::string &peer)> ice = nullptr;
    std::function<std::string()> new_id = random_id;  // unguessable and never the same
  };
  struct Outgoing {
    std::string peer;
    std::string text;
    bool close = false;  // end this peer's connection; the room knows it no longer
  };
  using Outbox = std::vector<Outgoing>;
  struct Counts {
    size_t peers = 0;
    size_t rooms = 0;
    size_t sessions = 0;
    uint64_t messages = 0;  // received
    uint64_t errors = 0;    // refused
  };

  explicit Rooms(Settings settings) : settings_(std::move(settings)) {}

  // A new peer of `room`; the id it gets is returned.
  std::string connect(const std::string &room, Outbox &out);
  void message(const std::string &peer, std::string_view text, Outbox &out);
  // Answers what is not even text of the protocol.
  void refuse(const std::string &peer, const std::string &details, Outbox &out);
  // `lost`: its connection broke, which says nothing of its media.
  void disconnect(const std::string &peer, bool lost, Outbox &out);

  Counts counts() const;

 private:
  struct Peer {
    std::string id;
    std::string room;
    rooms::PeerStatus status;
    rooms::Version version = rooms::Version::v1_0;
    bool spoke = false;
    std::set<std::string> sessions;
    std::vector<std::string> ended;  // sessions of which late messages may still come
  };
  struct Session {
    std::string producer;
    std::string consumer;
    const std::string &other(const std::string &peer) const {
      return peer == producer ? consumer : producer;
    }
  };

  // One overload per request; an Error is the refusal.
  using Done = Result<bool>;
  Done handle(Peer &peer, const rooms::SetProtocolVersion &message, Outbox &out);
  Done handle(Peer &peer, rooms::PeerStatus status, Outbox &out);
  Done handle(Peer &peer, const rooms::StartSession &message, Outbox &out);
  Done handle(Peer &peer, const rooms::EndSession &message, Outbox &out);
  Done handle(Peer &peer, const rooms::PeerMessage &message, Outbox &out);
  Done handle(Peer &peer, const rooms::ListRequest &message, Outbox &out);
  Done handle(Peer &peer, const rooms::IceRequest &, Outbox &out);

  Done settle_name(const Peer &peer, rooms::PeerStatus &status) const;
  bool taken(const Peer &peer, const rooms::PeerStatus &status) const;
  void drop_ghosts(const Peer &peer, const std::string &instance, Outbox &out);
  void announce(const Peer &peer, const rooms::PeerStatus &status, Outbox &out) const;
  rooms::IceOffer ice_for(const std::string &peer) const;
  Session *session_of(const Peer &peer, const std::string &session);
  void end(const std::string &session, const std::string &by, const std::string &error, bool lost,
           Outbox &out);
  void remove(const std::string &peer, bool lost, Outbox &out);
  void refuse(const std::string &peer, const rooms::Refusal &refusal, Outbox &out);

  Settings settings_;
  std::unordered_map<std::string, Peer> peers_;
  std::map<std::string, std::vector<std::string>> rooms_;  // peers in the order they came
  std::unordered_map<std::string, Session> sessions_;
  uint64_t messages_ = 0;
  uint64_t errors_ = 0;
};

}  // namespace rtc
