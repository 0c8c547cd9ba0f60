// A signaler of the registry with a listener that keeps what it is told.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signaling/registry.hpp"
#include "support/on_loop.hpp"

namespace rtc::test {

// What a client has told its listener so far.
struct Log {
  int ready = 0;
  int lost = 0;
  std::string name;
  IceServers servers;
  std::map<PeerId, std::string> peers;  // id to stream name
  int joined = 0;
  std::vector<bool> left_lost;
  int renewed = 0;
  std::vector<SessionId> requested, opened;
  std::optional<Description> offer;
  std::vector<Message> received;
  std::vector<Error> failed, refused;
};

// A client with its listener, both on the loop.
class Party : public Signaler::Listener {
 public:
  Party(EventLoop &loop, SignalerSettings settings, const Presence &presence) : loop_(loop) {
    loop_.call([&] {
      auto made = make_signaler(loop_, settings);
      if (!made) return log_.change([&](Log &l) { l.failed.push_back(made.error()); });
      signaler_ = std::move(*made);
      signaler_->start(*this, presence);
    });
  }
  ~Party() override {
    loop_.call([&] { signaler_.reset(); });
  }

  void open(const PeerId &peer) {
    loop_.call([&] { signaler_->open(peer); });
  }
  void send(const SessionId &session, const Message &message) {
    loop_.call([&] { signaler_->send(session, message); });
  }
  void stop() {
    loop_.call([&] { signaler_->stop(); });
  }
  template <typename F>
  bool wait(F wanted) {
    return log_.wait(wanted);
  }
  Log log() { return log_.read(); }
  bool wait_ready(int times = 1) {
    return wait([=](const Log &l) { return l.ready >= times; });
  }

 private:
  void ready(const IceServers &servers, const std::string &name) override {
    log_.change([&](Log &l) { l.ready++, l.name = name, l.servers = servers; });
  }
  void peer_joined(const PeerId &peer, const PeerInfo &info) override {
    log_.change([&](Log &l) { l.peers[peer] = info.name, l.joined++; });
  }
  void session_requested(const SessionId &session, const PeerId &,
                         SessionRequest request) override {
    log_.change([&](Log &l) { l.requested.push_back(session), l.offer = request.offer; });
  }
  void session_opened(const SessionId &session, const PeerId &) override {
    log_.change([&](Log &l) { l.opened.push_back(session); });
  }
  void received(const SessionId &, Message message) override {
    log_.change([&](Log &l) { l.received.push_back(std::move(message)); });
  }
  void peer_left(const PeerId &peer, bool lost) override {
    log_.change([&](Log &l) { l.peers.erase(peer), l.left_lost.push_back(lost); });
  }
  void ice_servers_changed(const IceServers &servers) override {
    log_.change([&](Log &l) { l.renewed++, l.servers = servers; });
  }
  void lost(const Error &) override {
    log_.change([&](Log &l) { l.lost++; });
  }
  void failed(const Error &error) override {
    log_.change([&](Log &l) { l.failed.push_back(error); });
  }
  void refused(const Error &error) override {
    log_.change([&](Log &l) { l.refused.push_back(error); });
  }

  EventLoop &loop_;
  Watched<Log> log_;
  std::unique_ptr<Signaler> signaler_;
};

}  // namespace rtc::test
