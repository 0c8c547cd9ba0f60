// Signaler over the rooms protocol: connects, presents us to the room, and connects again with
// back-off when the connection is lost. A path that is gone (an address changed, a cable was
// pulled) is a loss after 10 s, a server that hangs after 60 s. TURN credentials that expire are
// renewed. It works with our server and with that of gst-plugins-rs.
//
// Threads: everything on the event loop. The listener may call stop() or destroy the client in any
// callback.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/backoff.hpp"
#include "base/event_loop.hpp"
#include "net/ws_client.hpp"
#include "signaling/rooms/rooms_protocol.hpp"
#include "signaling/signaler.hpp"

namespace rtc {

class RoomsClient : public Signaler, private WebSocket::Listener {
 public:
  RoomsClient(EventLoop &loop, WsClientSettings settings);
  ~RoomsClient() override;

  void start(Signaler::Listener &listener, const Presence &presence) override;
  void open(const PeerId &peer) override;
  void send(const SessionId &session, const Message &message) override;
  void stop() override;
  PeerId own_id() const override { return id_; }
  Traits traits() const override { return {}; }

 private:
  void connect();
  void connected(Result<OpenStream> stream);
  void give_up(const Error &error);
  void retry(const Error &error);

  void text(std::string_view text) override;
  void binary() override {}
  void closed(unsigned code, const std::string &why) override;

  // One overload per event of the server.
  void handle(const rooms::Welcome &event);
  void handle(const rooms::PeerStatus &event);
  void handle(const rooms::StartSession &event);
  void handle(const rooms::SessionStarted &event);
  void handle(const rooms::EndSession &event);
  void handle(const rooms::PeerMessage &event);
  void handle(const rooms::PeerList &event);
  void handle(const rooms::IceOffer &event);
  void handle(const rooms::Refusal &event);
  void handle(const rooms::Unknown &) {}

  void take(const rooms::IceOffer &ice);
  void seen(const PeerId &peer, const PeerInfo &info, bool lost);
  bool become_ready();
  // Calls the listener; false when it has stopped or destroyed us.
  template <typename F>
  bool tell(F call);

  EventLoop &loop_;
  WsClientSettings settings_;
  const std::string instance_;  // the same over reconnections: our old self is not in our way
  Signaler::Listener *listener_ = nullptr;
  std::shared_ptr<void> running_;  // expires with stop() and destruction
  Presence presence_;
  Backoff backoff_;
  bool was_ready_ = false;  // once: what fails later may come back
  bool told_lost_ = false;
  bool told_ended_ = false;  // and that the server, not the network, is the reason
  Timer timer_;              // of the next attempt, or of the welcome we wait for
  Timer renewal_;
  std::unique_ptr<WsClient> connecting_;
  std::unique_ptr<WebSocket> socket_;

  // Of the present connection.
  PeerId id_;
  std::string name_;
  IceServers servers_;
  bool ready_ = false;
  std::set<SessionId> sessions_;

  std::map<PeerId, PeerInfo> peers_;  // what the listener knows
};

}  // namespace rtc
