// Stream names in a room: whose they are, and how a publisher gets its own back.
#include <gtest/gtest.h>

#include "support/rooms_fixture.hpp"

namespace rtc {
namespace {

using namespace rooms;
class RoomsNames : public test::RoomsFixture {};

TEST_F(RoomsNames, ANameIsPublishedOnceInARoom) {
  const auto first = producer(named("film"));
  const auto second = enter(), far = enter("another");
  be(second, R"("producer")", named("film"));
  const auto refusal = take<Refusal>(second);
  EXPECT_EQ(refusal.code, "name-taken");
  EXPECT_NE(refusal.details.find("\"film\" is taken"), std::string::npos);
  EXPECT_NE(refusal.details.find("\"stream\""), std::string::npos);
  EXPECT_EQ(list(first).peers.size(), 1u);

  be(far, R"("producer")", named("film"));
  be(second, R"("listener")", named("film"));  // only a producer holds a name
  take<PeerStatus>(second);
  be(first, R"("producer")", named("film"));  // its own name again
  EXPECT_TRUE(silent());
  leave(first);
  take<PeerStatus>(second);
  be(second, R"("producer")", named("film"));
  EXPECT_TRUE(silent());
}

TEST_F(RoomsNames, ProducersWithoutANameAreNeverRefused) {
  const auto a = producer(), b = producer(), c = producer(R"(,"meta":{"name":""})"),
             d = producer(R"(,"meta":{"name":""})");
  EXPECT_TRUE(silent());
  EXPECT_EQ(list(a).peers.size(), 4u);
}

TEST_F(RoomsNames, AReturningPublisherTakesItsNameFromItsGhost) {
  const auto listener = enter(), viewer = enter();
  be(listener, R"("listener")");
  take<PeerStatus>(listener);
  const auto ghost = producer(named("film", R"(,"instance":"i1")"));
  take<PeerStatus>(ghost);
  take<PeerStatus>(listener);
  const auto id = session(viewer, ghost);

  const auto other = enter();
  be(other, R"("producer")", named("film", R"(,"instance":"i2")"));
  EXPECT_EQ(take<Refusal>(other).code, "name-taken");
  be(other, R"("producer")", named("film", R"(,"instance":"")"));
  EXPECT_EQ(take<Refusal>(other).code, "name-taken");
  EXPECT_TRUE(closed_.empty());

  const auto back = enter();
  be(back, R"("producer")", named("film", R"(,"instance":"i1")"));
  EXPECT_EQ(closed_, std::vector<std::string>{ghost});
  EXPECT_EQ(take<EndSession>(viewer).session, id);
  const auto gone = take<PeerStatus>(listener);
  EXPECT_EQ(gone.peer, ghost);
  EXPECT_FALSE(gone.roles.producer);
  EXPECT_EQ(take<PeerStatus>(listener).peer, back);
  EXPECT_EQ(take<PeerStatus>(back).name, "film");
  EXPECT_TRUE(silent());
  EXPECT_EQ(list(viewer).peers.size(), 1u);
  leave(ghost);  // its socket is noticed later
  say(ghost, "{}");
  EXPECT_TRUE(silent());
}

TEST_F(RoomsNames, ANameMayBeNumbered) {
  const std::string unique = R"(,"uniqueName":true)";
  producer(named("film"));
  producer(named("film-2"));
  const auto third = enter();
  be(third, R"("producer")", R"(,"meta":{"a":1,"name":"film"},"instance":"i","uniqueName":true)");
  const auto status = take<PeerStatus>(third);
  EXPECT_EQ(status.name, "film-3");
  EXPECT_EQ(status.meta, R"({"a":1,"name":"film-3"})");
  const auto fourth = enter();
  be(fourth, R"("producer")", named("film", unique));
  EXPECT_EQ(take<PeerStatus>(fourth).name, "film-4");
  const auto ghostly = enter();
  be(ghostly, R"("producer")", named("film", R"(,"instance":"i","uniqueName":true)"));
  EXPECT_EQ(take<PeerStatus>(ghostly).name, "film-3");
}

}  // namespace
}  // namespace rtc
