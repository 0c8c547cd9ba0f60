// Viewers that send what they must not: the publisher and its other viewers do not mind, and what
// was refused ends that session only.

#include "base/text.hpp"
#include "support/pipeline.hpp"
#include "support/raw_client.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {

// A string as a JSON string.
std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\')
      out += std::string("\\") + static_cast<char>(c);
    else if (c < 0x20)
      out += rtc::format("\\u%04x", c);
    else
      out += static_cast<char>(c);
  }
  return out + "\"";
}

// The value of the first member of that name, a string, in a JSON text without nesting of that
// name.
std::string member(const std::string &json, const std::string &name) {
  const auto at = json.find("\"" + name + "\"");
  if (at == std::string::npos) return "";
  const auto open = json.find('"', json.find(':', at)), close = json.find('"', open + 1);
  return json.substr(open + 1, close - open - 1);
}

const std::string session_part = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
const std::string transport =
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 "
    "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:"
    "99\r\n";

std::string media(const std::string &setup, const std::string &rest) {
  return "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n" + transport + "a=setup:" + setup +
         "\r\n" + rest;
}

class HostileViewer : public ElementTest {
 protected:
  HostileViewer()
      : publisher(Sink::test_video),
        good(publisher.uri(), Source::video_only),
        frames(good, "video") {
    good.play();
    EXPECT_TRUE(frames.advances());
    port = static_cast<unsigned>(atoi(publisher.uri().c_str() + publisher.uri().rfind(':') + 1));
  }

  // A message of the given type, others before it thrown away.
  static std::string next(RawClient &client, const std::string &type) {
    for (auto text = client.next_text(); !text.empty(); text = client.next_text())
      if (text.find("\"" + type) != std::string::npos) return text;
    return "";
  }

  // Asks for the stream; the id of the session.
  std::string open(RawClient &client, const std::string &offer = "") {
    (void)next(client, "welcome");
    client.send(R"({"type":"list"})");
    const auto list = next(client, "list");
    auto request = R"({"type":"startSession","peerId":")" + member(list, "id") + "\"";
    if (!offer.empty()) request += ",\"offer\":" + quoted(offer);
    client.send(request + "}");
    return member(next(client, "sessionStarted"), "sessionId");
  }

  static void say(RawClient &client, const std::string &session, const std::string &what) {
    client.send(R"({"type":"peer","sessionId":")" + session + "\"," + what + "}");
  }
  static std::string answer(const std::string &sdp) {
    return R"("sdp":{"type":"answer","sdp":)" + quoted(sdp) + "}";
  }

  void all_is_well() {
    EXPECT_TRUE(frames.advances(10));
    EXPECT_EQ(publisher.error(), "");
    EXPECT_EQ(good.error(), "");
  }

  Sink publisher;
  Source good;
  Counter frames;
  unsigned port = 0;
};

}  // namespace

TEST_F(HostileViewer, BadAnswersEndOnlyTheirSession) {
  const std::string bad[] = {
      "",
      "garbage",
      "v=0\r\n",
      session_part + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
      session_part + media("active", "a=sendrecv\r\n"),                               // no mid
      session_part + media("holdconn", "a=mid:video0\r\na=rtpmap:96 VP8/90000\r\n"),  // setup
      session_part + media("active", "a=mid:video0\r\na=recvonly\r\na=rtpmap:96 MAGIC/90000\r\n"),
      session_part + std::string(200000, 'x') + "\r\n",
  };
  for (const auto &sdp : bad) {
    RawClient client(port, "/");
    const auto session = open(client);
    ASSERT_NE(session, "");
    ASSERT_NE(next(client, "offer"), "");
    say(client, session, answer(sdp));
    EXPECT_NE(next(client, "endSession"), "") << sdp.substr(0, 60);
  }
  all_is_well();
  EXPECT_TRUE(eventually([&] { return publisher.number("rtcsink", "viewers") == 1; }));
}

TEST_F(HostileViewer, AnswersThatDoNotFitTheOfferDoNoHarm) {
  const std::string odd[] = {
      // More sections than were offered.
      session_part + media("active", "a=mid:video0\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n") +
          media("active", "a=mid:other\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n"),
      // Another mid, another direction, another role.
      session_part + media("active", "a=mid:wrong\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n"),
      session_part + media("active", "a=mid:video0\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n"),
      session_part + media("actpass", "a=mid:video0\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n"),
      // A fingerprint that is none.
      session_part +
          "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\n"
          "a=fingerprint:x\r\na=setup:active\r\na=mid:video0\r\na=recvonly\r\na=rtpmap:96 "
          "VP8/90000\r\n",
  };
  for (const auto &sdp : odd) {
    RawClient client(port, "/");
    const auto session = open(client);
    ASSERT_NE(next(client, "offer"), "");
    say(client, session, answer(sdp));
    say(client, session, answer(sdp));  // and once more, out of turn
    EXPECT_NE(next(client, "endSession"), "") << sdp;
  }
  all_is_well();
}

TEST_F(HostileViewer, BadCandidatesAreIgnored) {
  RawClient client(port, "/");
  const auto session = open(client);
  ASSERT_NE(next(client, "offer"), "");
  for (auto text :
       {"nonsense", "candidate:1 1 UDP 1 not-an-address 5 typ host",
        "candidate:1 1 UDP 1 ::::: 5 typ host", "candidate:1 2 UDP 1 127.0.0.1 0 typ host",
        "candidate:1 1 TCP 1 127.0.0.1 9 typ host tcptype odd",
        "candidate: 1 UDP 99999999999999 127.0.0.1 5 typ relay"})
    for (auto mline : {"0", "7", "63", "4294967295"})
      say(client, session,
          R"("ice":{"candidate":)" + quoted(text) + ",\"sdpMLineIndex\":" + mline + "}");
  all_is_well();
}

TEST_F(HostileViewer, BadOffersAreRefused) {
  const std::string bad[] = {
      "garbage",
      session_part + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
      session_part +
          media("actpass",
                "a=mid:0\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n"),  // asks for nothing
      session_part + media("actpass", "a=mid:0\r\na=recvonly\r\na=rtpmap:96 MAGIC/90000\r\n"),
      session_part + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" + transport +
          "a=setup:actpass\r\na=mid:0\r\na=recvonly\r\n",
  };
  for (const auto &sdp : bad) {
    RawClient client(port, "/");
    ASSERT_NE(open(client, sdp), "");
    EXPECT_NE(next(client, "endSession"), "") << sdp;
  }
  all_is_well();
}

TEST_F(HostileViewer, VanishingInTheMiddleIsNoTrouble) {
  for (int i = 0; i < 20; i++) {
    RawClient client(port, "/");
    const auto session = open(client);
    if (i % 2) {
      ASSERT_NE(next(client, "offer"), "");
    }
    client.hang_up();
  }
  EXPECT_TRUE(eventually([&] { return publisher.number("rtcsink", "viewers") == 1; }));
  all_is_well();
}

// webrtcbin 1.22 aborts on the offer that it would make after such a one.
TEST_F(HostileViewer, ACallWithASectionThatWasNeverUsedIsRefused) {
  Pipeline called(
      "rtcpeer name=p listen=127.0.0.1:0 stream=desk on-end=wait  audiotestsrc is-live=true ! p.");
  called.play();
  const auto url = called.field("rtc-ready", "url");
  const auto unused = "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n" + transport +
                      "a=setup:actpass\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n";
  const auto data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n" +
                    transport + "a=setup:actpass\r\na=mid:1\r\na=sctp-port:5000\r\n";
  for (int round = 0; round < 2; round++) {
    RawClient client(static_cast<unsigned>(atoi(url.c_str() + url.rfind(':') + 1)), "/");
    const auto session = open(client, session_part + unused + data);
    ASSERT_NE(session, "");
    EXPECT_NE(next(client, "endSession"), "");
    ASSERT_EQ(called.warnings().size(), round + 1u);
    EXPECT_NE(called.warnings().back().find("a section that was never used"), std::string::npos)
        << called.warnings().back();
  }
  EXPECT_EQ(called.error(), "");
}
