#include "session/negotiation.hpp"

#include <gtest/gtest.h>

using namespace rtc;

namespace {

const std::string sdp =
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 "
    "0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
    "a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\nm=audio 9 UDP/TLS/RTP/SAVPF "
    "0\r\na=mid:0\r\n";
const Description offer{Description::Type::offer, sdp};
const Description answer{Description::Type::answer, sdp};
const Candidate candidate{0, "", "candidate:1 1 UDP 1 10.0.0.1 5000 typ host"};

// One letter per action, so that a test reads as a conversation.
std::string text(const Negotiation::Actions &actions) {
  std::string result;
  for (const auto &action : actions) {
    if (const auto *send = std::get_if<Negotiation::Send>(&action)) {
      result += std::holds_alternative<Description>(send->message) ? "sendD "
                : std::holds_alternative<Candidate>(send->message) ? "sendC "
                                                                   : "sendE ";
      continue;
    }
    static const char *names[] = {"createOffer ",  "createAnswer ", "setLocal ", "setRemote ",
                                  "addCandidate ", "send ",         "fail "};
    result += names[action.index()];
  }
  return result;
}

}  // namespace

TEST(Negotiation, OffersAndTakesTheAnswer) {
  Negotiation n;
  EXPECT_EQ(text(n.negotiate()), "createOffer ");
  EXPECT_EQ(text(n.created(offer)), "setLocal ");
  EXPECT_EQ(text(n.local_set(true)), "sendD ");
  EXPECT_FALSE(n.established());
  EXPECT_EQ(text(n.received(answer)), "setRemote ");
  EXPECT_EQ(text(n.remote_set(true)), "");
  EXPECT_TRUE(n.stable());
  EXPECT_TRUE(n.established());
}

TEST(Negotiation, AnswersAnOffer) {
  Negotiation n;
  EXPECT_EQ(text(n.received(offer)), "setRemote ");
  EXPECT_EQ(text(n.remote_set(true)), "createAnswer ");
  EXPECT_EQ(text(n.created(answer)), "setLocal ");
  EXPECT_EQ(text(n.local_set(true)), "sendD ");
  EXPECT_TRUE(n.established());
}

TEST(Negotiation, HoldsRemoteCandidatesUntilTheDescriptionIsSet) {
  Negotiation n;
  EXPECT_EQ(text(n.received(candidate)), "");
  EXPECT_EQ(text(n.received(offer)), "setRemote ");
  EXPECT_EQ(text(n.received(candidate)), "");
  EXPECT_EQ(text(n.remote_set(true)), "addCandidate addCandidate createAnswer ");
  EXPECT_EQ(text(n.received(candidate)), "addCandidate ");
}

TEST(Negotiation, HoldsLocalCandidatesUntilTheDescriptionIsSent) {
  Negotiation n;
  (void)n.negotiate();
  (void)n.created(offer);
  EXPECT_EQ(text(n.gathered(candidate)), "");
  EXPECT_EQ(text(n.gathering_complete()), "");
  EXPECT_EQ(text(n.local_set(true)), "sendD sendC sendE ");
  EXPECT_EQ(text(n.gathered(candidate)), "sendC ");
}

TEST(Negotiation, DropsBadCandidatesAndBoundsTheHeldOnes) {
  Negotiation n;
  EXPECT_EQ(text(n.received(Candidate{0, "", "nonsense"})), "");
  for (int i = 0; i < 1000; i++) EXPECT_EQ(text(n.received(candidate)), "");
  (void)n.received(offer);
  EXPECT_EQ(n.remote_set(true).size(), 256u + 1);
}

TEST(Negotiation, AnotherOfferWaitsForTheExchangeUnderWay) {
  Negotiation n;
  (void)n.negotiate();
  EXPECT_EQ(text(n.negotiate()), "");
  (void)n.created(offer);
  (void)n.local_set(true);
  (void)n.received(answer);
  EXPECT_EQ(text(n.remote_set(true)), "createOffer ");
}

TEST(Negotiation, RefusesWhatDoesNotFitTheState) {
  Negotiation n;
  EXPECT_EQ(text(n.received(answer)), "fail ");
  (void)n.negotiate();
  EXPECT_EQ(text(n.received(offer)), "fail ");
  EXPECT_EQ(text(n.received(Description{Description::Type::offer, "v=0\r\n"})), "fail ");
}

TEST(Negotiation, FailuresOfWebrtcbinAreReported) {
  Negotiation n;
  (void)n.received(offer);
  EXPECT_EQ(text(n.remote_set(false)), "fail ");
  Negotiation m;
  (void)m.negotiate();
  (void)m.created(offer);
  EXPECT_EQ(text(m.local_set(false)), "fail ");
}

TEST(Negotiation, WithoutTrickleTheDescriptionCarriesTheCandidates) {
  Negotiation n(false);
  EXPECT_EQ(text(n.negotiate()), "createOffer ");
  EXPECT_EQ(text(n.created(offer)), "setLocal ");
  EXPECT_EQ(text(n.gathered(candidate)), "");
  EXPECT_EQ(text(n.local_set(true)), "");
  EXPECT_EQ(text(n.gathered(candidate)), "");
  const auto actions = n.gathering_complete();
  ASSERT_EQ(text(actions), "sendD ");
  const auto &sent =
      std::get<Description>(std::get<Negotiation::Send>(actions.front()).message).sdp;
  EXPECT_NE(sent.find("a=candidate:1 1 UDP 1 10.0.0.1 5000 typ host\r\na=end-of-candidates"),
            std::string::npos);
  EXPECT_EQ(sent.find("a=candidate"), sent.rfind("a=candidate"));
  EXPECT_EQ(text(n.received(answer)), "setRemote ");
  EXPECT_EQ(text(n.gathering_deadline()), "");
}

TEST(Negotiation, WithoutTrickleASlowServerIsNotWaitedFor) {
  Negotiation n(false);
  EXPECT_EQ(text(n.received(offer)), "setRemote ");
  EXPECT_EQ(text(n.remote_set(true)), "createAnswer ");
  EXPECT_EQ(text(n.created(answer)), "setLocal ");
  EXPECT_EQ(text(n.gathered(candidate)), "");
  EXPECT_EQ(text(n.local_set(true)), "");
  EXPECT_FALSE(n.established());
  EXPECT_EQ(text(n.gathering_deadline()), "sendD ");
  EXPECT_TRUE(n.established());
  EXPECT_EQ(text(n.gathering_complete()), "");
}

namespace {

// A session that has had its first exchange, which the other side offered.
Negotiation called(Glare glare) {
  Negotiation n(true, glare);
  (void)n.received(offer);
  (void)n.remote_set(true);
  (void)n.created(answer);
  (void)n.local_set(true);
  return n;
}

}  // namespace

TEST(Negotiation, WhoYieldsSetsItsOfferWithTheAnswer) {
  auto n = called(Glare::yield);
  EXPECT_EQ(text(n.negotiate()), "createOffer ");
  EXPECT_EQ(text(n.created(offer)), "sendD ");
  EXPECT_EQ(text(n.received(answer)), "setLocal ");
  EXPECT_EQ(text(n.local_set(true)), "setRemote ");
  EXPECT_EQ(text(n.remote_set(true)), "");
  EXPECT_TRUE(n.stable());
}

TEST(Negotiation, WhoYieldsAnswersFirstAndOffersAgain) {
  auto n = called(Glare::yield);
  (void)n.negotiate();
  EXPECT_EQ(text(n.created(offer)), "sendD ");
  EXPECT_EQ(text(n.received(offer)), "setRemote ");
  EXPECT_EQ(text(n.remote_set(true)), "createAnswer ");
  EXPECT_EQ(text(n.created(answer)), "setLocal ");
  EXPECT_EQ(text(n.local_set(true)), "sendD createOffer ");
}

TEST(Negotiation, AnOfferThatIsBeingMadeIsDroppedForAnother) {
  auto n = called(Glare::yield);
  EXPECT_EQ(text(n.negotiate()), "createOffer ");
  EXPECT_EQ(text(n.received(offer)), "setRemote ");
  EXPECT_EQ(text(n.created(offer)), "");  // comes too late
  EXPECT_EQ(text(n.remote_set(true)), "createAnswer ");
  EXPECT_EQ(text(n.created(answer)), "setLocal ");
  EXPECT_EQ(text(n.local_set(true)), "sendD createOffer ");
  EXPECT_EQ(text(n.created(offer)), "sendD ");
}

TEST(Negotiation, WhoInsistsIgnoresTheOtherOffer) {
  auto n = called(Glare::insist);
  EXPECT_EQ(text(n.negotiate()), "createOffer ");
  EXPECT_EQ(text(n.received(offer)), "");
  EXPECT_EQ(text(n.created(offer)), "setLocal ");
  EXPECT_EQ(text(n.received(offer)), "");
  EXPECT_EQ(text(n.local_set(true)), "sendD ");
  EXPECT_EQ(text(n.received(offer)), "");
  EXPECT_EQ(text(n.received(answer)), "setRemote ");
  EXPECT_EQ(text(n.remote_set(true)), "");
  EXPECT_TRUE(n.stable());
}

TEST(Negotiation, AnOfferRightAfterTheAnswerWaitsForIt) {
  for (const auto glare : {Glare::yield, Glare::insist}) {
    auto n = called(glare);
    (void)n.negotiate();
    (void)n.created(offer);
    if (glare == Glare::insist) (void)n.local_set(true);
    (void)n.received(answer);
    EXPECT_EQ(text(n.received(offer)), "");
    if (glare == Glare::yield) {
      EXPECT_EQ(text(n.local_set(true)), "setRemote ");
    }
    EXPECT_EQ(text(n.remote_set(true)), "setRemote ");
    EXPECT_EQ(text(n.remote_set(true)), "createAnswer ");
  }
}
