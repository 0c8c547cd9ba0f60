// The rules of rooms without sockets: what peers say goes in, what they are told lies in mailboxes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "server/rooms.hpp"

namespace rtc::test {

using namespace rooms;

// Rooms whose ids count up (p1, p2, ... for peers and sessions alike), with a mailbox per peer.
class RoomsFixture : public testing::Test {
 protected:
  std::string enter(const std::string &room = "room") {
    Rooms::Outbox out;
    const auto id = rooms_.connect(room, out);
    sort(out);
    EXPECT_EQ(take(id), R"({"type":"welcome","peerId":")" + id + "\"}");
    return id;
  }
  void say(const std::string &peer, const std::string &text) {
    Rooms::Outbox out;
    rooms_.message(peer, text, out);
    sort(out);
  }
  void leave(const std::string &peer, bool lost = false) {
    Rooms::Outbox out;
    rooms_.disconnect(peer, lost, out);
    sort(out);
  }
  void sort(const Rooms::Outbox &out) {
    for (const auto &message : out) {
      if (message.close)
        closed_.push_back(message.peer);
      else
        mail_[message.peer].push_back(message.text);
    }
  }
  // The oldest message that has come for a peer.
  std::string take(const std::string &peer) {
    auto &box = mail_[peer];
    if (box.empty()) return "";
    const auto text = box.front();
    box.erase(box.begin());
    return text;
  }
  template <typename T>
  T take(const std::string &peer) {
    const auto text = take(peer);
    const auto event = read_event(text);
    if (event && std::holds_alternative<T>(*event)) return std::get<T>(*event);
    ADD_FAILURE() << "unexpected: " << text;
    return T{};
  }
  bool silent() const {
    return std::all_of(mail_.begin(), mail_.end(),
                       [](const auto &box) { return box.second.empty(); });
  }
  // Expects the next message to be a refusal with these words.
  void refused(const std::string &peer, const std::string &words) {
    const auto details = take<Refusal>(peer).details;
    EXPECT_NE(details.find(words), std::string::npos) << details;
  }

  void be(const std::string &peer, const std::string &roles, const std::string &more = "") {
    say(peer, R"({"type":"setPeerStatus","roles":[)" + roles + "]" + more + "}");
  }
  std::string producer(const std::string &more = "") {
    const auto id = enter();
    be(id, R"("producer")", more);
    return id;
  }
  static std::string named(const std::string &name, const std::string &more = "") {
    return R"(,"meta":{"name":")" + name + "\"}" + more;
  }
  void start(const std::string &from, const std::string &to, const std::string &more = "") {
    say(from, R"({"type":"startSession","peerId":")" + to + "\"" + more + "}");
  }
  // A session of a viewer with a producer, after both have been told.
  std::string session(const std::string &viewer, const std::string &producer) {
    start(viewer, producer);
    const auto id = take<SessionStarted>(viewer).session;
    EXPECT_EQ(take<StartSession>(producer).session, id);
    return id;
  }
  static std::string offer(const std::string &session) {
    return R"({"type":"peer","sessionId":")" + session + R"(","sdp":{"type":"offer","sdp":"v=0"}})";
  }
  static std::string candidate(const std::string &session) {
    return R"({"type":"peer","sessionId":")" + session +
           R"(","ice":{"candidate":"c","sdpMLineIndex":0,"usernameFragment":"u"}})";
  }
  void end(const std::string &peer, const std::string &session, const std::string &more = "") {
    say(peer, R"({"type":"endSessionV1_1","sessionId":")" + session + "\"" + more + "}");
  }
  PeerList list(const std::string &peer, bool consumers = false) {
    say(peer, write(ListRequest{consumers}));
    return take<PeerList>(peer);
  }

  int ids_ = 0;
  Rooms rooms_{{{}, [this] { return "p" + std::to_string(++ids_); }}};
  std::map<std::string, std::vector<std::string>> mail_;
  std::vector<std::string> closed_;
};

}  // namespace rtc::test
