#include "signaling/rooms/rooms_protocol.hpp"

#include <gtest/gtest.h>

namespace rtc::rooms {
namespace {

template <typename T>
T request(std::string_view text) {
  const auto result = read_request(text);
  EXPECT_TRUE(result) << text << ": " << result.error().message;
  return result && std::holds_alternative<T>(*result) ? std::get<T>(*result) : T{};
}
template <typename T>
T event(std::string_view text) {
  const auto result = read_event(text);
  EXPECT_TRUE(result) << text << ": " << result.error().message;
  return result && std::holds_alternative<T>(*result) ? std::get<T>(*result) : T{};
}

TEST(RoomsProtocol, ReadsRequests) {
  EXPECT_EQ(
      request<SetProtocolVersion>(R"({"type":"setProtocolVersion","version":"v1_1"})").version,
      Version::v1_1);
  const auto status = request<PeerStatus>(
      R"({"type":"setPeerStatus","roles":["producer","listener"],"meta":{"name":"film","x":[1e999]},)"
      R"("peerId":"p","instance":"secret","uniqueName":true})");
  EXPECT_EQ(status.roles, (Roles{true, true, false}));
  EXPECT_EQ(status.meta, R"({"name":"film","x":[1e999]})");  // byte for byte
  EXPECT_EQ(status.name, "film");
  EXPECT_EQ(status.instance, "secret");
  EXPECT_TRUE(status.unique_name);
  const auto plain = request<PeerStatus>(R"({"type":"setPeerStatus","roles":[],"meta":null})");
  EXPECT_EQ(plain.meta, "null");
  EXPECT_EQ(plain.name + plain.instance, "");
  EXPECT_EQ(
      request<PeerStatus>(R"({"type":"setPeerStatus","roles":["consumer"],"meta":{"name":5}})")
          .name,
      "");

  EXPECT_EQ(request<StartSession>(R"({"type":"startSession","peerId":"p","offer":"v=0"})").offer,
            "v=0");
  EXPECT_FALSE(request<StartSession>(R"({"type":"startSession","peerId":"p","offer":null})").offer);
  const auto parity = [](const std::string &accepts) {
    return request<StartSession>(R"({"type":"startSession","peerId":"p","accepts":)" + accepts +
                                 "}")
        .takes_parity;
  };
  EXPECT_TRUE(parity(R"(["x","flexfec-03"])"));
  for (const auto *other : {"[]", "null", "1", R"("flexfec-03")", R"([["flexfec-03"],7])"})
    EXPECT_FALSE(parity(other)) << other;
  EXPECT_EQ(request<EndSession>(R"({"type":"endSession","sessionId":"s"})").session, "s");
  EXPECT_EQ(request<EndSession>(R"({"type":"endSessionV1_1","sessionId":"s","error":"e"})").error,
            "e");
  EXPECT_FALSE(request<ListRequest>(R"({"type":"list"})").consumers);
  EXPECT_TRUE(request<ListRequest>(R"({"type":"listConsumers"})").consumers);
}

TEST(RoomsProtocol, PassesPeerMessagesOnAsTheyCame) {
  const std::string ice =
      R"("ice":{"candidate":"candidate:1","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"u"})";
  const auto message = request<PeerMessage>(R"({"type":"peer","sessionId":"s",)" + ice + "}");
  EXPECT_EQ(message.member, ice);
  EXPECT_EQ(write(message), R"({"type":"peer","sessionId":"s",)" + ice + "}");
  EXPECT_EQ(std::get<Candidate>(message.message).mid, "0");

  const auto end = request<PeerMessage>(
      R"({"type":"peer","sessionId":"s","ice":{"candidate":"","sdpMLineIndex":0}})");
  EXPECT_TRUE(std::holds_alternative<EndOfCandidates>(end.message));
  const auto by_mid = request<PeerMessage>(
      R"({"type":"peer","sessionId":"s","ice":{"candidate":"c","sdpMLineIndex":null,"sdpMid":"v"}})");
  EXPECT_EQ(std::get<Candidate>(by_mid.message).mline, unknown_mline);
  const auto sdp = request<PeerMessage>(
      R"({"type":"peer","sessionId":"s","sdp":{"type":"answer","sdp":"v=0\r\n"}})");
  EXPECT_EQ(std::get<Description>(sdp.message).sdp, "v=0\r\n");
}

TEST(RoomsProtocol, NamesWhatIsWrongWithARequest) {
  const std::string big(20000, 'x');
  const struct {
    std::string text, words;
  } rows[] = {
      {"", "not valid JSON"},
      {"[]", "not a JSON object"},
      {"{}", "\"type\" is missing"},
      {R"({"type":7})", "\"type\" is missing or not a string"},
      {R"({"type":"dance"})", "dance: unknown message type"},
      {R"({"type":"newPeer"})", "newPeer: a peer is new only by connecting"},
      {R"({"type":"welcome","peerId":"x"})", "welcome: unknown message type"},
      {R"({"type":"setProtocolVersion","version":"v9"})", "\"version\" is not one of"},
      {R"({"type":"setProtocolVersion"})", "\"version\" is not one of"},
      {R"({"type":"setPeerStatus"})", "\"roles\" is missing or not an array"},
      {R"({"type":"setPeerStatus","roles":"producer"})", "\"roles\" is missing or not an array"},
      {R"({"type":"setPeerStatus","roles":["king"]})", "unknown role \"king\""},
      {R"({"type":"setPeerStatus","roles":[{}]})", "unknown role {}"},
      {R"({"type":"setPeerStatus","roles":[],"meta":")" + big + "\"}", "larger than 16 KiB"},
      {R"({"type":"setPeerStatus","roles":[],"meta":{"name":")" + big.substr(0, 300) + "\"}}",
       "\"meta.name\" is longer"},
      {R"({"type":"setPeerStatus","roles":[],"instance":1})", "\"instance\" is not a string"},
      {R"({"type":"startSession"})", "\"peerId\" is missing"},
      {R"({"type":"startSession","peerId":""})", "\"peerId\" is missing"},
      {R"({"type":"startSession","peerId":")" + big + "\"}", "\"peerId\" is too long"},
      {R"({"type":"startSession","peerId":"p","offer":{}})", "\"offer\" is not a string"},
      {R"({"type":"endSession"})", "\"sessionId\" is missing"},
      {R"({"type":"endSessionV1_1","sessionId":"s","error":5})", "\"error\" is not a string"},
      {R"({"type":"peer","sdp":{}})", "\"sessionId\" is missing"},
      {R"({"type":"peer","sessionId":"s"})", "either \"sdp\" or \"ice\""},
      {R"({"type":"peer","sessionId":"s","sdp":{},"ice":{}})", "either \"sdp\" or \"ice\""},
      {R"({"type":"peer","sessionId":"s","sdp":"v=0"})", "\"sdp\" is not an object"},
      {R"({"type":"peer","sessionId":"s","ice":[]})", "\"ice\" is not an object"},
      {R"({"type":"peer","sessionId":"s","sdp":{"type":"offer"}})", "\"sdp.sdp\" is missing"},
      {R"({"type":"peer","sessionId":"s","sdp":{"type":"rollback","sdp":""}})",
       "neither \"offer\""},
      {R"({"type":"peer","sessionId":"s","ice":{}})", "\"ice.candidate\" is missing"},
      {R"({"type":"peer","sessionId":"s","ice":{"candidate":"c","sdpMLineIndex":-1}})", "no index"},
      {R"({"type":"peer","sessionId":"s","ice":{"candidate":"c","sdpMLineIndex":"0"}})",
       "no index"},
  };
  for (const auto &row : rows) {
    const auto result = read_request(row.text);
    ASSERT_FALSE(result) << row.text;
    EXPECT_EQ(result.error().kind, Error::Kind::protocol);
    EXPECT_NE(result.error().message.find(row.words), std::string::npos)
        << row.text << ": " << result.error().message;
    EXPECT_LT(result.error().message.size(), 200u);
  }
}

TEST(RoomsProtocol, ReadsWhatItWritesFromServerToClient) {
  const Welcome welcome{"me",
                        {{{{"stun:a", "turn:b"}, "user", "pass"}, {{"stun:c"}, "", ""}}, 0, {}}};
  const auto back = event<Welcome>(write(welcome));
  EXPECT_EQ(back.peer, "me");
  const auto &servers = back.ice.servers;
  ASSERT_EQ(servers.size(), 2u);
  EXPECT_EQ(servers[0].urls, welcome.ice.servers[0].urls);
  EXPECT_EQ(servers[0].credential, "pass");
  EXPECT_EQ(write(Welcome{"me", {}}), R"({"type":"welcome","peerId":"me"})");
  // W3C allows one url without an array.
  EXPECT_EQ(event<Welcome>(R"({"type":"welcome","peerId":"m","iceServers":[{"urls":"stun:x"}]})")
                .ice.servers.at(0)
                .urls.at(0),
            "stun:x");

  const auto offer = event<IceOffer>(write(IceOffer{{{{"turn:b"}, "u", "p"}}, 60, {}}));
  EXPECT_EQ(offer.servers.at(0).credential, "p");
  EXPECT_EQ(offer.lifetime, 60);
  // What is no server, and no lifetime, is left out.
  const auto odd = event<Welcome>(
      R"({"type":"welcome","peerId":"m","iceServers":[{"urls":["ftp:x","stun:x"]}],"lifetime":-1})");
  EXPECT_EQ(odd.ice.servers.at(0).urls, std::vector<std::string>{"stun:x"});
  EXPECT_EQ(odd.ice.problems.size(), 1u);
  EXPECT_EQ(odd.ice.lifetime, 0);

  PeerStatus status{"p", {true, false, false}, R"({"name":"n"})", "n", "secret", true};
  const auto text = write_peer_status_changed(status);
  EXPECT_EQ(
      text,
      R"({"type":"peerStatusChanged","roles":["producer"],"meta":{"name":"n"},"peerId":"p"})");
  EXPECT_EQ(event<PeerStatus>(text).name, "n");
  EXPECT_FALSE(event<PeerStatus>(text).lost);
  status.lost = true;
  EXPECT_TRUE(event<PeerStatus>(write_peer_status_changed(status)).lost);

  const auto started = event<SessionStarted>(write(SessionStarted{"p", "s"}));
  EXPECT_EQ(started.peer + started.session, "ps");
  const auto start = event<StartSession>(write(StartSession{"p", "s", "o\n"}));
  EXPECT_EQ(start.peer + start.session + *start.offer, "pso\n");
  EXPECT_FALSE(
      event<StartSession>(R"({"type":"startSession","peerId":"p","sessionId":"s","offer":null})")
          .offer);
  EXPECT_EQ(write(EndSession{"s", "why"}, Version::v1_0),
            R"({"type":"endSession","sessionId":"s"})");
  const auto end = event<EndSession>(write(EndSession{"s", "why"}, Version::v1_1));
  EXPECT_EQ(end.error, "why");
  EXPECT_FALSE(end.lost);
  for (const auto version : {Version::v1_0, Version::v1_1})
    EXPECT_TRUE(event<EndSession>(write(EndSession{"s", "", true}, version)).lost);

  const auto list = event<PeerList>(write(PeerList{false, {{"p", R"({"name":"n"})", "n"}, {"q"}}}));
  ASSERT_EQ(list.peers.size(), 2u);
  EXPECT_EQ(list.peers[0].name, "n");
  EXPECT_EQ(list.peers[1].meta, "null");
  EXPECT_TRUE(event<PeerList>(write(PeerList{true, {}})).consumers);
  EXPECT_EQ(write(Refusal{"d", ""}), R"({"type":"error","details":"d"})");
  EXPECT_EQ(event<Refusal>(write(Refusal{"d", name_taken})).code, name_taken);
  EXPECT_EQ(event<Unknown>(R"({"type":"fromTheFuture","x":1})").type, "fromTheFuture");
}

TEST(RoomsProtocol, ReadsWhatItWritesFromClientToServer) {
  EXPECT_EQ(write(SetProtocolVersion{Version::v1_1}),
            R"({"type":"setProtocolVersion","version":"v1_1"})");
  const PeerStatus status{"p", {true, true, false}, R"({"name":"n"})", "n", "i", true};
  const auto back = request<PeerStatus>(write_set_peer_status(status));
  EXPECT_EQ(back.roles, status.roles);
  EXPECT_EQ(back.instance, "i");
  EXPECT_TRUE(back.unique_name);
  for (const bool consumers : {false, true})
    EXPECT_EQ(request<ListRequest>(write(ListRequest{consumers})).consumers, consumers);
  EXPECT_EQ(write(IceRequest{}), R"({"type":"iceServers"})");
  request<IceRequest>(write(IceRequest{}));
  EXPECT_EQ(write(StartSession{"p", "", {}}), R"({"type":"startSession","peerId":"p"})");
  EXPECT_EQ(write(StartSession{"p", "", {}, true}),
            R"({"type":"startSession","peerId":"p","accepts":["flexfec-03"]})");
  // What gst-plugins-rs' client must find in a candidate.
  EXPECT_EQ(peer_member(Candidate{1, "", "c"}), R"("ice":{"candidate":"c","sdpMLineIndex":1})");
  EXPECT_EQ(peer_member(Candidate{1, "a", "c"}),
            R"("ice":{"candidate":"c","sdpMLineIndex":1,"sdpMid":"a"})");
  EXPECT_EQ(peer_member(EndOfCandidates{}), R"("ice":{"candidate":"","sdpMLineIndex":0})");
  EXPECT_EQ(peer_member(Description{Description::Type::offer, "v"}),
            R"("sdp":{"type":"offer","sdp":"v"})");
}

TEST(RoomsProtocol, SetsTheNameInMeta) {
  EXPECT_EQ(set_meta_name(R"({"a":1,"name":"old","b":[2]})", "new"),
            R"({"a":1,"b":[2],"name":"new"})");
  EXPECT_EQ(set_meta_name("null", "n\""), R"({"name":"n\""})");
}

}  // namespace
}  // namespace rtc::rooms
