// The writing half of the rooms protocol.
#include "base/json.hpp"
#include "signaling/rooms/rooms_protocol.hpp"

namespace rtc::rooms {

namespace {

JsonObject typed(std::string_view type) { return JsonObject().add("type", type); }

std::string roles_text(const Roles &roles) {
  std::vector<std::string> items;
  if (roles.producer) items.push_back("\"producer\"");
  if (roles.listener) items.push_back("\"listener\"");
  if (roles.consumer) items.push_back("\"consumer\"");
  return json_array(items);
}

void add_ice(JsonObject &object, const IceOffer &ice) {
  object.add_raw("iceServers", write_ice_servers(ice.servers));
  if (ice.lifetime) object.add_raw("lifetime", std::to_string(ice.lifetime));
}

std::string member(std::string_view name, const JsonObject &object) {
  return json_quote(name) + ":" + object.str();
}

struct MemberOf {
  std::string operator()(const Description &d) const {
    const bool offer = d.type == Description::Type::offer;
    return member("sdp", typed(offer ? "offer" : "answer").add("sdp", d.sdp));
  }
  std::string operator()(const Candidate &c) const {
    auto ice = JsonObject().add("candidate", c.candidate);
    if (c.mline != unknown_mline) ice.add_raw("sdpMLineIndex", std::to_string(c.mline));
    if (!c.mid.empty()) ice.add("sdpMid", c.mid);
    return member("ice", ice);
  }
  // W3C RTCIceCandidate: an empty candidate string ends the candidates.
  std::string operator()(const EndOfCandidates &) const {
    return member("ice", JsonObject().add("candidate", "").add_raw("sdpMLineIndex", "0"));
  }
  std::string operator()(const Bye &) const { return ""; }
};

}  // namespace

std::string peer_member(const Message &message) { return std::visit(MemberOf(), message); }

std::string write(const StartSession &message) {
  auto object = typed("startSession").add("peerId", message.peer);
  if (!message.session.empty()) object.add("sessionId", message.session);
  if (message.offer) object.add("offer", *message.offer);
  if (message.takes_parity) object.add_raw("accepts", std::string("[\"") + parity_name + "\"]");
  return object.str();
}

std::string write(const PeerMessage &message) {
  auto text = typed("peer").add("sessionId", message.session).str();
  text.back() = ',';
  return text + message.member + "}";
}

std::string write(const EndSession &message, Version version) {
  const bool old = version == Version::v1_0;
  auto object = typed(old ? "endSession" : "endSessionV1_1").add("sessionId", message.session);
  if (!old && !message.error.empty()) object.add("error", message.error);
  if (message.lost) object.add_raw("lost", "true");
  return object.str();
}

std::string write(const SetProtocolVersion &message) {
  return typed("setProtocolVersion")
      .add("version", message.version == Version::v1_1 ? "v1_1" : "v1_0")
      .str();
}

std::string write_set_peer_status(const PeerStatus &status) {
  auto object = typed("setPeerStatus").add_raw("roles", roles_text(status.roles));
  object.add_raw("meta", status.meta);
  if (!status.peer.empty()) object.add("peerId", status.peer);
  if (!status.instance.empty()) object.add("instance", status.instance);
  if (status.unique_name) object.add_raw("uniqueName", "true");
  return object.str();
}

std::string write(const ListRequest &message) {
  return typed(message.consumers ? "listConsumers" : "list").str();
}

std::string write(const IceRequest &) { return typed("iceServers").str(); }

std::string write(const Welcome &message) {
  auto object = typed("welcome").add("peerId", message.peer);
  if (!message.ice.servers.empty()) add_ice(object, message.ice);
  return object.str();
}

std::string write(const IceOffer &message) {
  auto object = typed("iceServers");
  add_ice(object, message);
  return object.str();
}

std::string write_peer_status_changed(const PeerStatus &status) {
  auto object = typed("peerStatusChanged")
                    .add_raw("roles", roles_text(status.roles))
                    .add_raw("meta", status.meta)
                    .add("peerId", status.peer);
  if (status.lost) object.add_raw("lost", "true");
  return object.str();
}

std::string write(const SessionStarted &message) {
  return typed("sessionStarted")
      .add("peerId", message.peer)
      .add("sessionId", message.session)
      .str();
}

std::string write(const PeerList &message) {
  std::vector<std::string> items;
  for (const auto &peer : message.peers)
    items.push_back(JsonObject().add("id", peer.peer).add_raw("meta", peer.meta).str());
  return typed(message.consumers ? "listConsumers" : "list")
      .add_raw(message.consumers ? "consumers" : "producers", json_array(items))
      .str();
}

std::string write(const Refusal &message) {
  auto object = typed("error").add("details", message.details);
  if (!message.code.empty()) object.add("code", message.code);
  return object.str();
}

std::string set_meta_name(std::string_view meta, std::string_view name) {
  JsonObject out;
  if (const auto object = parse_json(meta); object && object->is_object())
    for (const auto &[key, value] : object->members)
      if (key != "name") out.add_raw(key, value.raw);
  return out.add("name", name).str();
}

}  // namespace rtc::rooms
