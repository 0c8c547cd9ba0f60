// The rules of rooms, one by one, without sockets.
#include <gtest/gtest.h>

#include "support/rooms_fixture.hpp"

namespace rtc {
namespace {

using namespace rooms;
class RoomsTest : public test::RoomsFixture {};

TEST_F(RoomsTest, TellsListenersOfTheRoomAndNobodyElse) {
  const auto listener = enter(), idle = enter(), elsewhere = enter("another");
  be(listener, R"("listener")");
  EXPECT_EQ(take<PeerStatus>(listener).peer, listener);  // gstwebrtc-api waits for its own
  be(elsewhere, R"("listener")");
  take<PeerStatus>(elsewhere);

  const auto film = producer(named("film"));
  const auto status = take<PeerStatus>(listener);
  EXPECT_EQ(status.peer, film);
  EXPECT_TRUE(status.roles.producer);
  EXPECT_EQ(status.name, "film");
  EXPECT_TRUE(silent());  // neither the idle one, nor the other room, nor the producer itself

  leave(film);
  const auto gone = take<PeerStatus>(listener);
  EXPECT_EQ(gone.peer, film);
  EXPECT_EQ(gone.roles, Roles{});
  EXPECT_EQ(gone.name, "film");
  EXPECT_TRUE(silent());
}

TEST_F(RoomsTest, AnUnchangedStatusIsToldToItsPeerOnly) {
  const auto a = enter(), b = enter();
  be(a, R"("listener")");
  be(b, R"("listener")");
  mail_.clear();
  be(a, R"("listener")");
  EXPECT_EQ(take<PeerStatus>(a).peer, a);
  EXPECT_TRUE(silent());
}

TEST_F(RoomsTest, OurOptionalMembersAskForOnesOwnStatus) {
  const auto a = enter(), b = enter();
  be(a, R"("producer")", named("x", R"(,"instance":"secret")"));
  const auto text = take(a);
  EXPECT_NE(text.find("\"name\":\"x\""), std::string::npos);
  EXPECT_EQ(text.find("secret"), std::string::npos);
  be(b, R"("producer")", named("y", R"(,"uniqueName":true)"));
  EXPECT_EQ(take<PeerStatus>(b).name, "y");
  EXPECT_TRUE(silent());
}

TEST_F(RoomsTest, ListsProducersAndConsumersInTheOrderTheyCame) {
  const auto b = producer(named("b")), a = producer(named("a")), viewer = enter(), screen = enter();
  be(screen, R"("consumer")");
  const auto producers = list(viewer);
  ASSERT_EQ(producers.peers.size(), 2u);
  EXPECT_EQ(producers.peers[0].peer, b);
  EXPECT_EQ(producers.peers[1].name, "a");
  const auto consumers = list(a, true);
  ASSERT_EQ(consumers.peers.size(), 1u);
  EXPECT_EQ(consumers.peers[0].peer, screen);
  EXPECT_TRUE(consumers.consumers);
  EXPECT_TRUE(list(enter("another")).peers.empty());
}

TEST_F(RoomsTest, RefusesToBeProducerAndConsumerAtOnce) {
  const auto a = producer();
  be(a, R"("producer","consumer")");
  refused(a, "both producer and consumer");
  EXPECT_EQ(list(a).peers.size(), 1u);  // nothing has changed
}

TEST_F(RoomsTest, TheVersionIsTheFirstMessageOrNone) {
  const auto a = enter(), b = enter();
  say(a, write(SetProtocolVersion{Version::v1_1}));
  EXPECT_TRUE(silent());
  say(a, write(SetProtocolVersion{Version::v1_0}));
  refused(a, "setProtocolVersion: it must be the first message");
  list(b);
  say(b, write(SetProtocolVersion{Version::v1_1}));
  refused(b, "first message");
}

TEST_F(RoomsTest, AViewerStartsASession) {
  const auto film = producer(), viewer = enter();
  start(viewer, film);
  const auto started = take<SessionStarted>(viewer);
  EXPECT_EQ(started.peer, film);
  const auto begun = take<StartSession>(film);
  EXPECT_EQ(begun.peer, viewer);
  EXPECT_EQ(begun.session, started.session);
  EXPECT_FALSE(begun.offer);
  EXPECT_FALSE(begun.takes_parity);
  start(viewer, film, R"(,"offer":"v=0")");
  EXPECT_NE(take<SessionStarted>(viewer).session, started.session);
  EXPECT_EQ(take<StartSession>(film).offer, "v=0");
  start(viewer, film, R"(,"accepts":["flexfec-03"])");
  (void)take<SessionStarted>(viewer);
  EXPECT_TRUE(take<StartSession>(film).takes_parity);
}

TEST_F(RoomsTest, AProducerStartsASessionWithAConsumer) {
  const auto film = producer(), screen = enter();
  be(screen, R"("consumer")");
  start(film, screen);
  EXPECT_EQ(take<SessionStarted>(screen).peer, film);
  EXPECT_EQ(take<StartSession>(film).peer, screen);
  start(film, screen, R"(,"offer":"v=0")");
  refused(film, "an offer is for a producer to answer");
}

TEST_F(RoomsTest, RefusesSessionsThatCannotBe) {
  const auto film = producer(), viewer = enter(), other = enter(), far = enter("another");
  start(viewer, "nobody");
  refused(viewer, "there is no peer \"nobody\"");
  start(viewer, other);
  refused(viewer, "neither producer nor consumer");
  start(film, film);
  refused(film, "no session with itself");
  start(far, film);
  refused(far, "there is no peer");
  EXPECT_EQ(rooms_.counts().sessions, 0u);
}

TEST_F(RoomsTest, BoundsTheSessionsOfAViewer) {
  const auto film = producer(), viewer = enter(), other = enter();
  for (int i = 0; i < 256; i++) session(viewer, film);
  start(viewer, film);
  refused(viewer, "too many sessions");
  session(other, film);
}

TEST_F(RoomsTest, PassesPeerMessagesOnAsTheyCame) {
  const auto film = producer(), viewer = enter();
  const auto id = session(viewer, film);
  say(film, offer(id));
  EXPECT_EQ(take(viewer), offer(id));
  for (const auto &from : {viewer, film}) {
    say(from, candidate(id));
    EXPECT_EQ(take(from == film ? viewer : film), candidate(id));
  }
  EXPECT_TRUE(silent());
}

TEST_F(RoomsTest, InACallBothSidesOffer) {
  const auto called = producer(R"(,"meta":{"name":"desk","call":true})"), caller = enter();
  const auto id = session(caller, called);
  say(caller, offer(id));
  EXPECT_EQ(take(called), offer(id));
  EXPECT_TRUE(silent());
}

TEST_F(RoomsTest, RefusesPeerMessagesThatDoNotBelong) {
  const auto film = producer(), viewer = enter(), stranger = enter();
  const auto id = session(viewer, film);
  say(viewer, offer(id));
  refused(viewer, "not the producer");
  say(stranger, candidate(id));
  refused(stranger, "there is no session \"" + id + "\"");
  say(viewer, candidate("none"));
  refused(viewer, "there is no session \"none\"");
  EXPECT_TRUE(silent());
}

TEST_F(RoomsTest, EndsASessionInTheVersionOfTheOther) {
  const auto film = enter(), old_viewer = enter(), viewer = enter();
  say(film, write(SetProtocolVersion{Version::v1_1}));
  say(viewer, write(SetProtocolVersion{Version::v1_1}));
  be(film, R"("producer")");
  auto id = session(viewer, film);
  end(film, id, R"(,"error":"no encoder")");
  EXPECT_EQ(take(viewer),
            R"({"type":"endSessionV1_1","sessionId":")" + id + R"(","error":"no encoder"})");
  id = session(old_viewer, film);
  end(film, id, R"(,"error":"no encoder")");
  EXPECT_EQ(take(old_viewer), R"({"type":"endSession","sessionId":")" + id + "\"}");
  id = session(old_viewer, film);
  say(old_viewer, R"({"type":"endSession","sessionId":")" + id + "\"}");
  EXPECT_EQ(take(film), R"({"type":"endSessionV1_1","sessionId":")" + id + "\"}");
  EXPECT_EQ(rooms_.counts().sessions, 0u);
}

TEST_F(RoomsTest, RefusesEndsThatDoNotBelong) {
  const auto film = producer(), viewer = enter(), stranger = enter();
  const auto id = session(viewer, film);
  end(viewer, id, R"(,"error":"why")");
  refused(viewer, "needs setProtocolVersion");  // the session goes on
  end(stranger, id);
  refused(stranger, "there is no session");
  end(viewer, "none");
  refused(viewer, "there is no session \"none\"");
  EXPECT_EQ(rooms_.counts().sessions, 1u);
}

TEST_F(RoomsTest, WhatCrossesAGoodbyeIsNoError) {
  const auto film = producer(), viewer = enter();
  const auto id = session(viewer, film);
  end(viewer, id);
  take<EndSession>(film);
  say(film, candidate(id));
  say(film, offer(id));
  end(film, id);  // gstwebrtc-api answers each end with its own
  end(viewer, id);
  EXPECT_TRUE(silent());
}

TEST_F(RoomsTest, AVanishedEndIsToldToTheOther) {
  const auto film = producer(), one = enter(), two = enter();
  const auto first = session(one, film), second = session(two, film);
  leave(one);
  EXPECT_EQ(take<EndSession>(film).session, first);
  leave(film);
  EXPECT_EQ(take<EndSession>(two).session, second);
  EXPECT_TRUE(silent());
  EXPECT_EQ(rooms_.counts().sessions, 0u);
  leave(two);
  EXPECT_EQ(rooms_.counts().peers, 0u);
  EXPECT_EQ(rooms_.counts().rooms, 0u);
}

TEST_F(RoomsTest, GivingUpARoleEndsItsSessions) {
  const auto film = producer(), other = producer(), viewer = enter(), screen = enter();
  const auto shown = session(viewer, film), watched = session(film, other);
  be(film, "");
  EXPECT_EQ(take<EndSession>(viewer).session, shown);
  EXPECT_TRUE(silent());  // what it watches itself goes on
  say(other, candidate(watched));
  EXPECT_EQ(take(film), candidate(watched));

  be(screen, R"("consumer")");
  start(other, screen);
  const auto pushed = take<SessionStarted>(screen).session;
  take<StartSession>(other);
  be(screen, "");
  EXPECT_EQ(take<EndSession>(other).session, pushed);
}

TEST_F(RoomsTest, AnswersWhatItCannotRead) {
  const auto a = enter();
  for (const char *text : {"", "{", "[]", R"({"type":"newPeer"})", R"({"type":"dance"})"}) {
    say(a, text);
    EXPECT_FALSE(take<Refusal>(a).details.empty());
  }
  Rooms::Outbox out;
  rooms_.refuse(a, "binary", out);
  EXPECT_EQ(out.at(0).text, R"({"type":"error","details":"binary"})");
  EXPECT_EQ(rooms_.counts().messages, 5u);
  EXPECT_EQ(rooms_.counts().errors, 6u);
}

}  // namespace
}  // namespace rtc
