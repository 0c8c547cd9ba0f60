// Which ways media goes in a call, and that webrtcbin never learns of a change.
#include "session/directions.hpp"

#include <gtest/gtest.h>

using namespace rtc;

namespace {

// An audio, a data and a video section.
std::string sdp(const std::string &audio, const std::string &video) {
  return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
         "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=" +
         audio +
         "\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n"
         "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2\r\na=" +
         video + "\r\n";
}

std::vector<std::string> directions_in(const Description &description) {
  std::vector<std::string> result;
  const auto sdp = parse_sdp(description.sdp);
  for (const auto &media : sdp->media)
    if (media.kind != "application") result.push_back(media.direction());
  return result;
}

Directions heard(const std::string &audio, const std::string &video) {
  Directions directions;
  Description offer{Description::Type::offer, sdp(audio, video)};
  directions.received(offer, *parse_sdp(offer.sdp));
  return directions;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST(Directions, WebrtcbinSeesEverySectionOpen) {
  Directions directions;
  Description offer{Description::Type::offer, sdp("inactive", "recvonly")};
  directions.received(offer, *parse_sdp(offer.sdp));
  EXPECT_EQ(directions_in(offer), (Texts{"sendrecv", "sendrecv"}));
  EXPECT_EQ(directions.other(0), Way());
  EXPECT_EQ(directions.other(1), Way());  // data has no direction
  EXPECT_EQ(directions.other(2), (Way{false, true}));
  EXPECT_EQ(directions.other(3), Way());
  EXPECT_EQ(directions.sections(), 3u);
}

TEST(Directions, ARejectedSectionStaysAsItIs) {
  Directions directions;
  auto text = sdp("sendrecv", "inactive");
  text.replace(text.find("m=video 9"), 9, "m=video 0");
  Description offer{Description::Type::offer, text};
  directions.received(offer, *parse_sdp(offer.sdp));
  EXPECT_EQ(directions_in(offer), (Texts{"sendrecv", "inactive"}));
  EXPECT_EQ(directions.other(2), Way());
}

TEST(Directions, AnAnswerGoesNoFurtherThanItsOffer) {
  const auto both = [](size_t) { return Way{true, true}; };
  for (const auto &[offered, answered] :
       {std::pair{"sendrecv", "sendrecv"}, std::pair{"sendonly", "recvonly"},
        std::pair{"recvonly", "sendonly"}, std::pair{"inactive", "inactive"}}) {
    Description answer{Description::Type::answer, sdp("sendrecv", "sendrecv")};
    heard(offered, "sendrecv").describe(answer, *parse_sdp(answer.sdp), both);
    EXPECT_EQ(directions_in(answer), (Texts{answered, "sendrecv"})) << offered;
  }
}

TEST(Directions, AnOfferSaysWhatWeWant) {
  Description offer{Description::Type::offer, sdp("sendrecv", "sendrecv")};
  heard("inactive", "inactive").describe(offer, *parse_sdp(offer.sdp), [](size_t mline) {
    return mline == 0 ? Way{false, false} : Way{true, false};
  });
  EXPECT_EQ(directions_in(offer), (Texts{"inactive", "sendonly"}));
}
