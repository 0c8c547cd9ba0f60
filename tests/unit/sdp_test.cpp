#include "message/sdp.hpp"

#include <gtest/gtest.h>

using namespace rtc;

namespace {

const std::string session = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
const std::string transport =
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 "
    "AA:BB\r\na=setup:actpass\r\n";

std::string video(const std::string &more = "", const std::string &mid = "v") {
  return "m=video 9 UDP/TLS/RTP/SAVPF 96 102\r\nc=IN IP4 0.0.0.0\r\n" + transport + "a=mid:" + mid +
         "\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:102 H264/90000\r\n"
         "a=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r\n" +
         more;
}

std::string problem(const std::string &sdp) {
  const auto error = check_description({Description::Type::offer, sdp});
  return error ? error->message : "";
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

size_t count(const std::string &text, const std::string &part) {
  size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) found++;
  return found;
}

}  // namespace

TEST(Sdp, ReadsSectionsCodecsAndDirection) {
  const auto sdp = parse_sdp(session + video());
  ASSERT_TRUE(sdp);
  ASSERT_EQ(sdp->media.size(), 1u);
  const auto &media = sdp->media[0];
  EXPECT_EQ(media.kind, "video");
  EXPECT_EQ(media.direction(), "sendonly");
  EXPECT_EQ(media.attribute("mid"), "v");
  const auto codecs = media.codecs();
  ASSERT_EQ(codecs.size(), 2u);
  EXPECT_EQ(codecs[1].name, "H264");
  EXPECT_EQ(codecs[1].payload_type, 102);
  EXPECT_EQ(codecs[1].clock_rate, 90000);
  EXPECT_EQ(codecs[1].fmtp, "packetization-mode=1;profile-level-id=42e01f");
}

TEST(Sdp, KnowsStaticPayloadTypes) {
  const auto sdp = parse_sdp("v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0 8\n");
  ASSERT_TRUE(sdp);
  EXPECT_EQ(sdp->media[0].codecs()[0].name, "PCMU");
  EXPECT_EQ(sdp->media[0].direction(), "sendrecv");
}

TEST(Sdp, AcceptsACompleteDescription) { EXPECT_EQ(problem(session + video()), ""); }

TEST(Sdp, AcceptsTransportAttributesOfTheSession) {
  EXPECT_EQ(problem(session + transport + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"), "");
}

TEST(Sdp, NamesWhatIsMissing) {
  const auto without = [](const std::string &attribute) {
    auto text = session + video();
    const auto at = text.find(attribute);
    text.erase(at, text.find('\n', at) - at + 1);
    return problem(text);
  };
  for (auto attribute : {"a=mid", "a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup"})
    EXPECT_TRUE(has(without(attribute), attribute)) << attribute << ": " << without(attribute);
  EXPECT_TRUE(has(without("o="), "o= line"));
  EXPECT_TRUE(has(without("v=0"), "v=0"));
}

TEST(Sdp, RefusesWhatWouldBreakWebrtcbin) {
  EXPECT_TRUE(has(problem(session), "no m= section"));
  EXPECT_TRUE(has(problem(session + video() + video()), "twice"));
  EXPECT_TRUE(has(problem("garbage"), "x=value"));
  EXPECT_TRUE(has(problem(session + video("a=x:\x01\r\n")), "control characters"));
  EXPECT_TRUE(has(problem(session + "m=video 9 UDP/TLS/RTP/SAVPF 300\r\na=mid:v\r\n" + transport),
                  "payload type"));
  EXPECT_TRUE(has(problem(session + "m=video 70000 UDP/TLS/RTP/SAVPF 96\r\n"), "m= line"));
  EXPECT_TRUE(has(problem(session + "m=video 9 RTP/AVP 96\r\na=mid:v\r\n" + transport), "secured"));
  EXPECT_TRUE(has(problem(session + "m=text 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\n" + transport),
                  "media kind"));
  EXPECT_TRUE(has(problem(std::string(300 * 1024, 'a')), "256 KiB"));
  std::string many = session;
  for (int i = 0; i < 65; i++) many += video("", "v" + std::to_string(i));
  EXPECT_TRUE(has(problem(many), "64"));
}

TEST(Sdp, RejectedSectionsNeedOnlyAMid) {
  EXPECT_EQ(problem(session + video() + "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n"), "");
}

TEST(Candidate, ChecksFields) {
  const auto problem_of = [](const std::string &text) {
    const auto error = check_candidate({0, "", text});
    return error ? error->message : "";
  };
  EXPECT_EQ(problem_of("candidate:1 1 UDP 2015363327 10.0.0.1 5000 typ host"), "");
  EXPECT_EQ(problem_of("candidate:1 1 udp 1 a.local 5000 typ srflx raddr 0.0.0.0 rport 0"), "");
  EXPECT_EQ(problem_of(""), "");
  EXPECT_TRUE(has(problem_of("candidate:1 1 UDP 1 10.0.0.1 5000"), "missing"));
  EXPECT_TRUE(has(problem_of("candidate:1 0 UDP 1 10.0.0.1 5000 typ host"), "component"));
  EXPECT_TRUE(has(problem_of("candidate:1 1 UDP 1 10.0.0.1 99999 typ host"), "port"));
  EXPECT_TRUE(has(problem_of("candidate:1 1 SCTP 1 10.0.0.1 1 typ host"), "transport"));
  EXPECT_TRUE(has(problem_of("candidate:1 1 UDP 1 10.0.0.1 1 typ magic"), "type"));
  EXPECT_TRUE(has(problem_of("candidate:\x7f 1 UDP 1 10.0.0.1 1 typ host"), "ASCII"));
  EXPECT_TRUE(has(problem_of(std::string(2000, 'x')), "1024"));
  EXPECT_TRUE(check_candidate({64, "", "candidate:1 1 UDP 1 10.0.0.1 1 typ host"}));
}

TEST(Candidate, KnowsMdnsNames) {
  EXPECT_TRUE(is_mdns_candidate("candidate:1 1 udp 1 4f3c.local 5000 typ host"));
  EXPECT_FALSE(is_mdns_candidate("candidate:1 1 udp 1 10.0.0.1 5000 typ host"));
}

TEST(CompleteOffer, AddsMsidAndRtxAndDropsRepetition) {
  const auto more = std::string(
      "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=ssrc:5 cname:x\r\na=ssrc:5 cname:x\r\n");
  auto offer = session + video(more);
  offer.replace(offer.find("96 102"), 6, "96 102 97");
  const auto text = complete_offer(offer, "film");
  EXPECT_EQ(count(text, "a=ssrc:5 cname:x"), 1u);
  EXPECT_TRUE(has(text, "a=msid:film v\r\n"));
  EXPECT_TRUE(has(text, "m=video 9 UDP/TLS/RTP/SAVPF 96 102 97 127\r\n"));
  EXPECT_TRUE(has(text, "a=rtpmap:127 rtx/90000\r\na=fmtp:127 apt=102\r\n"));
  EXPECT_EQ(count(text, "apt=96"), 1u);
}

TEST(CompleteOffer, LeavesOffersWithoutRetransmissionAlone) {
  EXPECT_FALSE(has(complete_offer(session + video(), "film"), "rtx"));
}

TEST(Bandwidth, StandsBeforeTheAttributesOfVideo) {
  const auto text = limit_video_bandwidth(session + video(), 1500000);
  EXPECT_TRUE(has(text, "c=IN IP4 0.0.0.0\r\nb=AS:1500\r\na=")) << text;
}

TEST(Bandwidth, IsReadFromMedia) {
  const auto read = [](const std::string &lines) {
    const auto sdp = parse_sdp(session + video() + lines);
    return sdp ? sdp->media.back().bandwidth : -1;
  };
  const auto section = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n";
  const auto of = [&](const std::string &lines) { return read(section + lines); };
  EXPECT_EQ(of(""), 0);
  EXPECT_EQ(of("b=TIAS:800000\r\n"), 800000);
  EXPECT_EQ(of("b=AS:9\r\nb=TIAS:800000\r\nb=AS:7\r\n"), 800000);
  EXPECT_NEAR(of("b=AS:1050\r\n"), 1000000, 1);
  for (auto line : {"b=AS:0\r\n", "b=AS:-5\r\n", "b=AS:\r\n", "b=AS\r\n", "b=CT:5\r\n",
                    "b=AS:99999999999999999999\r\n"})
    EXPECT_EQ(of(line), 0) << line;
}

TEST(AddFmtp, KeepsWhatIsThere) {
  const auto opus = session +
                    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=rtpmap:111 "
                    "OPUS/48000/2\r\na=fmtp:111 stereo=0;minptime=10\r\n";
  const auto text = add_fmtp(opus, "opus", "stereo=1;useinbandfec=1");
  EXPECT_TRUE(has(text, "a=fmtp:111 stereo=0;minptime=10;useinbandfec=1\r\n")) << text;
  EXPECT_EQ(count(text, "a=fmtp"), 1u);
}

TEST(Parity, GoesBesideTheStreamItProtects) {
  const auto offer = session + video("a=ssrc:5 cname:x\r\na=ssrc:5 msid:film v\r\n");
  const auto text = add_parity(offer, 0, 0, 5, 9);
  EXPECT_TRUE(has(text, "SAVPF 96 102 49\r\n"));
  EXPECT_TRUE(has(text, "a=rtpmap:49 flexfec-03/90000\r\na=fmtp:49 repair-window=10000000\r\n"));
  EXPECT_TRUE(has(text, "a=ssrc-group:FEC-FR 5 9\r\n"));
  EXPECT_TRUE(has(text, "a=ssrc:9 cname:x\r\na=ssrc:9 msid:film v\r\n"));
  EXPECT_EQ(parity_type(parse_sdp(text)->media[0]), 49);
  EXPECT_EQ(add_parity(offer, 0, 0, 6, 9), offer);
  EXPECT_EQ(add_parity(offer, 1, 0, 5, 9), offer);
}

TEST(Parity, TakesATypeThatIsFree) {
  const auto taken = session + video("a=rtpmap:49 VP9/90000\r\na=ssrc:5 cname:x\r\n");
  auto offer = taken;
  offer.replace(offer.find("96 102"), 6, "96 102 49");
  EXPECT_TRUE(has(add_parity(offer, 0, 0, 5, 9), "a=rtpmap:35 flexfec-03/90000"));
  EXPECT_TRUE(has(add_parity(offer, 0, 118, 5, 9), "a=rtpmap:118 flexfec-03/90000"));
}

TEST(Parity, HasOneTypeInAllSections) {
  const auto two = allow_parity(session + video() + video("", "w"), 0, 118);
  EXPECT_EQ(count(allow_parity(two, 1, 0), "a=rtpmap:118 flexfec-03"), 2u);
}

TEST(Parity, IsAllowedOnce) {
  const auto once = allow_parity(session + video(), 0, 50);
  EXPECT_TRUE(has(once, "a=rtpmap:50 flexfec-03/90000"));
  EXPECT_FALSE(has(once, "FEC-FR"));
  EXPECT_EQ(allow_parity(once, 0, 51), once);
  EXPECT_EQ(count(add_parity(once, 0, 50, 5, 9), "flexfec"), 1u);
}
