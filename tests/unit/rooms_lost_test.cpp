// Peers whose connection broke: the others are told that they are lost, not that they left.
#include <gtest/gtest.h>

#include "support/rooms_fixture.hpp"

namespace rtc {
namespace {

using namespace rooms;
class RoomsLost : public test::RoomsFixture {};

TEST_F(RoomsLost, ABrokenConnectionIsToldAsALoss) {
  const auto listener = enter(), film = producer(named("film")), viewer = enter();
  be(listener, R"("listener")");
  take<PeerStatus>(listener);
  const auto id = session(viewer, film);
  leave(film, true);
  EXPECT_EQ(take(viewer), R"({"type":"endSession","sessionId":")" + id + R"(","lost":true})");
  const auto gone = take<PeerStatus>(listener);
  EXPECT_EQ(gone.peer, film);
  EXPECT_EQ(gone.roles, Roles{});
  EXPECT_TRUE(gone.lost);
  EXPECT_TRUE(silent());
  say(viewer, candidate(id));  // the session is over for signaling, and late words are no error
  EXPECT_TRUE(silent());
}

TEST_F(RoomsLost, AnEndIsNoLoss) {
  const auto listener = enter(), film = producer(named("film")), viewer = enter();
  be(listener, R"("listener")");
  take<PeerStatus>(listener);
  session(viewer, film);
  leave(film);
  EXPECT_FALSE(take<EndSession>(viewer).lost);
  EXPECT_FALSE(take<PeerStatus>(listener).lost);
}

TEST_F(RoomsLost, APeerThatConnectsAnewHasLostItsOldSelf) {
  const auto listener = enter(), film = producer(named("film", R"(,"instance":"i")")),
             viewer = enter(), watcher = enter();
  take<PeerStatus>(film);
  be(listener, R"("listener")");
  take<PeerStatus>(listener);
  session(viewer, film);
  be(watcher, R"("listener")", R"(,"instance":"w")");
  take<PeerStatus>(watcher);
  take<PeerStatus>(listener);
  const auto watched = session(watcher, film);

  const auto back = enter();
  be(back, R"("producer")", named("film", R"(,"instance":"i")"));
  EXPECT_TRUE(take<EndSession>(viewer).lost);
  EXPECT_TRUE(take<PeerStatus>(listener).lost);
  const auto there = take<PeerStatus>(listener);
  EXPECT_EQ(there.peer, back);
  EXPECT_FALSE(there.lost);
  EXPECT_EQ(take<EndSession>(watcher).session, watched);

  // The same of a viewer.
  mail_.clear();
  const auto again = session(watcher, back);
  const auto watcher_back = enter();
  be(watcher_back, R"("listener")", R"(,"instance":"w")");
  const auto end = take<EndSession>(back);
  EXPECT_EQ(end.session, again);
  EXPECT_TRUE(end.lost);
}

TEST_F(RoomsLost, APeerCannotSayItOfItselfOrASession) {
  const auto listener = enter(), film = producer(), viewer = enter();
  be(listener, R"("listener")");
  take<PeerStatus>(listener);
  const auto id = session(viewer, film);
  say(viewer, R"({"type":"endSession","lost":true,"sessionId":")" + id + "\"}");
  EXPECT_FALSE(take<EndSession>(film).lost);
  be(film, R"("producer")", R"(,"lost":true,"meta":1)");
  EXPECT_FALSE(take<PeerStatus>(listener).lost);
}

}  // namespace
}  // namespace rtc
