// The client's side of STUN and TURN against answers made by hand, and against nonsense.
#include "ice/stun_client.hpp"

#include <gtest/gtest.h>

#include "ice/stun_frame.hpp"
#include "support/fake_stun.hpp"

namespace rtc {
namespace {

using test::answer_stun;
using test::FakeAnswer;

const IpPort seen{"192.0.2.7", 40000}, relay{"198.51.100.1", 50000};

FakeAnswer challenge(int code = 401, const std::string &nonce = "n1") {
  FakeAnswer answer;
  answer.error = code;
  answer.realm = "realm";
  answer.nonce = nonce;
  return answer;
}
FakeAnswer allocated() {
  FakeAnswer answer = challenge(0);
  answer.mapped = seen;
  answer.relayed = relay;
  answer.username = "user";
  answer.credential = "secret";
  return answer;
}
StunRequest allocate() { return {StunRequest::Kind::allocate, 600, {}}; }

TEST(StunClient, LearnsItsMappedAddress) {
  for (const IpPort &address : {seen, IpPort{"2001:db8::7", 40000}}) {
    StunClient client("", "");
    FakeAnswer answer;
    answer.mapped = address;
    const auto event = client.read(answer_stun(client.start({}), answer));
    ASSERT_EQ(event.kind, StunEvent::Kind::success);
    EXPECT_EQ(event.mapped, address);
  }
}

TEST(StunClient, AnswersAChallengeAndAllocates) {
  StunClient client("user", "secret");
  const auto again = client.read(answer_stun(client.start(allocate()), challenge()));
  ASSERT_EQ(again.kind, StunEvent::Kind::again);
  const auto event = client.read(answer_stun(again.bytes, allocated()));
  ASSERT_EQ(event.kind, StunEvent::Kind::success) << event.reason;
  EXPECT_EQ(event.mapped, seen);
  EXPECT_EQ(event.relayed, relay);
  // What comes after it is signed from the start.
  const auto refresh = client.start({StunRequest::Kind::refresh, 0, {}});
  EXPECT_NE(refresh.find("realm"), std::string::npos);
  EXPECT_EQ(refresh.find("secret"), std::string::npos);
}

TEST(StunClient, TellsRefusedCredentialsFromMissingOnes) {
  StunClient without("", "");
  auto event = without.read(answer_stun(without.start(allocate()), challenge()));
  EXPECT_EQ(event.kind, StunEvent::Kind::refused);
  EXPECT_FALSE(event.authenticated);

  StunClient wrong("user", "wrong");
  const auto again = wrong.read(answer_stun(wrong.start(allocate()), challenge()));
  event = wrong.read(answer_stun(again.bytes, challenge(401, "n2")));
  EXPECT_EQ(event.kind, StunEvent::Kind::refused);
  EXPECT_EQ(event.code, 401);
  EXPECT_TRUE(event.authenticated);
}

TEST(StunClient, TakesAFreshNonceButNotForever) {
  StunClient client("user", "secret");
  auto event = client.read(answer_stun(client.start(allocate()), challenge()));
  for (int i = 0; i < 3; i++) {
    event = client.read(answer_stun(event.bytes, challenge(438, "n" + std::to_string(i))));
    ASSERT_EQ(event.kind, StunEvent::Kind::again) << i;
  }
  event = client.read(answer_stun(event.bytes, challenge(438, "n9")));
  EXPECT_EQ(event.kind, StunEvent::Kind::refused);
  EXPECT_EQ(event.code, 438);
}

TEST(StunClient, IgnoresAnAnswerThatIsNotSignedWithThePassword) {
  StunClient client("user", "secret");
  const auto again = client.read(answer_stun(client.start(allocate()), challenge()));
  auto forged = allocated();
  forged.credential = "guess";
  auto event = client.read(answer_stun(again.bytes, forged));
  EXPECT_EQ(event.kind, StunEvent::Kind::ignored);
  EXPECT_NE(event.reason.find("signed"), std::string::npos);
  forged.credential = "";
  event = client.read(answer_stun(again.bytes, forged));
  EXPECT_EQ(event.kind, StunEvent::Kind::ignored);
  // The true answer is still taken.
  EXPECT_EQ(client.read(answer_stun(again.bytes, allocated())).kind, StunEvent::Kind::success);
}

TEST(StunClient, IgnoresAnswersToEarlierRequests) {
  StunClient client("", "");
  FakeAnswer answer;
  answer.mapped = seen;
  const auto late = answer_stun(client.start({}), answer);
  client.start({});
  const auto event = client.read(late);
  EXPECT_EQ(event.kind, StunEvent::Kind::ignored);
  EXPECT_EQ(event.reason, "");
}

TEST(StunClient, SurvivesARealmWithoutACharacter) {
  for (const std::string &realm :
       {std::string("\""), std::string("\"\"\"\""), std::string(8, '\0'), std::string()}) {
    StunClient client("user", "\"\"");
    auto answer = challenge();
    answer.realm = realm;
    const auto event = client.read(answer_stun(client.start(allocate()), answer));
    EXPECT_EQ(event.kind, realm.empty() ? StunEvent::Kind::refused : StunEvent::Kind::again);
  }
}

TEST(StunClient, ShowsOnlyPrintableReasons) {
  StunClient client("", "");
  FakeAnswer answer;
  answer.error = 500;
  answer.reason = "no\x1b[2J\n\xff thing" + std::string(500, 'x');
  const auto event = client.read(answer_stun(client.start({}), answer));
  EXPECT_EQ(event.code, 500);
  EXPECT_TRUE(event.reason.starts_with("no[2J thing")) << event.reason;
  EXPECT_LE(event.reason.size(), 128u);
}

TEST(StunClient, RefusesAnswersThatLackWhatWasAsked) {
  StunClient client("", "");
  auto event = client.read(answer_stun(client.start({}), {}));
  EXPECT_EQ(event.kind, StunEvent::Kind::refused);
  EXPECT_EQ(event.code, 0);
  event = client.read(answer_stun(client.start(allocate()), {}));
  EXPECT_NE(event.reason.find("relayed"), std::string::npos);
  FakeAnswer odd;
  odd.odd_attribute = 0x7ff0;
  event = client.read(answer_stun(client.start({}), odd));
  EXPECT_EQ(event.kind, StunEvent::Kind::refused);
}

TEST(StunClient, SurvivesEveryCutAndEveryChangedByte) {
  StunClient client("user", "secret");
  const auto request = client.start(allocate());
  auto whole = challenge();
  whole.mapped = seen;
  const auto answer = answer_stun(request, whole);
  for (size_t size = 0; size < answer.size(); size++)
    EXPECT_EQ(client.read(answer.substr(0, size)).kind, StunEvent::Kind::ignored) << size;
  for (size_t i = 0; i < answer.size(); i++)
    for (const int change : {0x01, 0x80, 0xff}) {
      StunClient other("user", "secret");
      auto changed = answer_stun(other.start(allocate()), whole);
      changed[i] = static_cast<char>(changed[i] ^ change);
      other.read(changed);
    }
  srand(7);
  for (int i = 0; i < 2000; i++) {
    std::string noise(static_cast<size_t>(rand() % 200), 0);
    for (auto &c : noise) c = static_cast<char>(rand());
    client.read(noise);
  }
}

TEST(StunClient, CarriesDataThroughTheRelay) {
  StunClient client("", "");
  auto bytes = client.send_indication(seen, "hello");
  ASSERT_FALSE(bytes.empty());
  bytes[1] = 0x17;  // as the relay's Data indication: same attributes
  const auto event = client.read(bytes);
  ASSERT_EQ(event.kind, StunEvent::Kind::data);
  EXPECT_EQ(event.peer, seen);
  EXPECT_EQ(event.bytes, "hello");
}

TEST(StunFrames, FindsMessagesInAnyPieces) {
  StunClient client("", "");
  const auto one = client.start({}), two = client.send_indication(seen, "data");
  StunFrames frames;
  std::vector<std::string> found;
  for (const char c : one + two) {
    frames.feed({&c, 1});
    while (auto message = frames.next()) found.push_back(*message);
  }
  EXPECT_EQ(found, (std::vector{one, two}));
  frames.feed(one + two);
  EXPECT_EQ(frames.next(), one);
  EXPECT_EQ(frames.next(), two);
  EXPECT_EQ(frames.next(), std::nullopt);
  EXPECT_FALSE(frames.broken());
}

TEST(StunFrames, SaysWhereThereAreNone) {
  const std::string other_cookie("\x01\x01\0\0\x21\x12\xa4\x43", 8), odd_size("\x01\x01\0\x03", 4);
  for (const std::string &text :
       {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("\xff"), std::string("\x40"),
        other_cookie, odd_size + StunClient("", "").start({}).substr(4)}) {
    StunFrames frames;
    frames.feed(text);
    EXPECT_FALSE(frames.next());
    EXPECT_TRUE(frames.broken()) << text;
  }
}

}  // namespace
}  // namespace rtc
