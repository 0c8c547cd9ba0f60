// What is made of what servers answer: outcomes and their texts, round trips, the kind of NAT.
#include <gtest/gtest.h>

#include "ice/nat_mapping.hpp"
#include "ice/probe_outcome.hpp"
#include "ice/relay_quality.hpp"

namespace rtc {
namespace {

constexpr int64_t now = 1'800'000'000;

TEST(ProbeOutcome, ComesFromTheCodeAndFromWhatWasSent) {
  EXPECT_EQ(outcome_of(401, false, "", now), ProbeOutcome::credentials_missing);
  EXPECT_EQ(outcome_of(401, true, "ann", now), ProbeOutcome::credentials_refused);
  EXPECT_EQ(outcome_of(401, true, "1700000000:ann", now), ProbeOutcome::credentials_expired);
  EXPECT_EQ(outcome_of(401, true, "1900000000:ann", now), ProbeOutcome::credentials_refused);
  EXPECT_EQ(outcome_of(438, true, "ann", now), ProbeOutcome::stale_nonce);
  EXPECT_EQ(outcome_of(486, true, "ann", now), ProbeOutcome::quota_reached);
  EXPECT_EQ(outcome_of(508, true, "ann", now), ProbeOutcome::no_capacity);
  EXPECT_EQ(outcome_of(403, true, "ann", now), ProbeOutcome::stun_error);
  EXPECT_EQ(outcome_of(0, true, "ann", now), ProbeOutcome::not_stun);
}

TEST(ProbeOutcome, KnowsTheTimeInAUserName) {
  EXPECT_TRUE(is_expired("1700000000", now));
  EXPECT_TRUE(is_expired("1700000000:ann", now));
  EXPECT_TRUE(is_expired("1800000000:ann", now));
  EXPECT_FALSE(is_expired("1800000001:ann", now));
  for (const auto *name : {"", "ann", "1234", "1700000000ann", "ann:1700000000", "-1700000000:a",
                           "99999999999999999999999:a"})
    EXPECT_FALSE(is_expired(name, now)) << name;
}

TEST(ProbeOutcome, TextsHaveCauseAndRemedyAndNoSecret) {
  const auto uri = parse_ice_uri("turn:ann:pa55word@turn.example.org:3478?transport=tcp");
  ASSERT_TRUE(uri);
  for (int i = 1; i <= static_cast<int>(ProbeOutcome::not_possible); i++) {
    const auto outcome = static_cast<ProbeOutcome>(i);
    const auto error = to_error(*uri, {outcome, 0, "so it is"}, milliseconds(2500));
    EXPECT_NE(error.message.find("turn:turn.example.org"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("so it is"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("; "), std::string::npos) << error.message;
    EXPECT_TRUE(error.message.ends_with('.')) << error.message;
    EXPECT_EQ(error.message.find("pa55word"), std::string::npos) << error.message;
    EXPECT_TRUE(error.detail.starts_with(to_string(outcome))) << error.detail;
  }
  EXPECT_NE(
      to_error(*uri, {ProbeOutcome::timeout, 0, ""}, milliseconds(2500)).message.find("2.5 s"),
      std::string::npos);
  EXPECT_NE(to_error(*uri, {ProbeOutcome::stun_error, 403, "Forbidden"}, milliseconds(1))
                .message.find("(403 Forbidden)"),
            std::string::npos);
}

TEST(EchoTally, CountsWhatCameBackOnce) {
  EchoTally tally;
  const TimePoint start{};
  for (int i = 0; i < 20; i++) EXPECT_EQ(tally.sent(start), static_cast<size_t>(i));
  EXPECT_EQ(tally.quality().loss(), 1);
  for (size_t i = 0; i < 19; i++) {
    tally.returned(i, start + milliseconds(i + 1));
    tally.returned(i, start + milliseconds(500));
  }
  tally.returned(77, start + milliseconds(1));
  EXPECT_FALSE(tally.all_returned());
  const auto quality = tally.quality();
  EXPECT_EQ(quality.sent, 20u);
  EXPECT_EQ(quality.received, 19u);
  EXPECT_DOUBLE_EQ(quality.loss(), 0.05);
  EXPECT_EQ(quality.minimum, milliseconds(1));
  EXPECT_EQ(quality.median, milliseconds(10));
  EXPECT_EQ(quality.p95, milliseconds(19));
}

TEST(EchoTally, HasNoTimesWhereNothingCameBack) {
  EXPECT_EQ(EchoTally().quality().loss(), 0);
  EXPECT_EQ(EchoTally().quality().median, microseconds(0));
}

TEST(NatMapping, IsToldFromTwoAnswers) {
  const IpPort a{"192.0.2.1", 3478}, b{"192.0.2.2", 3478}, a2{"192.0.2.1", 3479};
  const IpPort local{"10.0.0.5", 5000}, out{"203.0.113.1", 6000}, out2{"203.0.113.1", 6001};
  const auto mapping = [&](const IpPort &s1, const IpPort &m1, const IpPort &s2, const IpPort &m2) {
    return classify_mapping({s1, local, m1}, {s2, local, m2});
  };
  EXPECT_EQ(mapping(a, local, b, local), NatMapping::none);
  EXPECT_EQ(mapping(a, out, b, out), NatMapping::endpoint_independent);
  EXPECT_EQ(mapping(a, out, b, out2), NatMapping::endpoint_dependent);
  EXPECT_EQ(mapping(a, out, b, {"203.0.113.2", 6000}), NatMapping::endpoint_dependent);
  EXPECT_EQ(mapping(a, out, a2, out2), NatMapping::port_dependent);
  EXPECT_EQ(mapping(a, out, a2, out), NatMapping::port_independent);
  EXPECT_EQ(mapping(a, out, a, out), NatMapping::unknown);
  EXPECT_EQ(mapping(a, out, b, {}), NatMapping::unknown);
}

}  // namespace
}  // namespace rtc
