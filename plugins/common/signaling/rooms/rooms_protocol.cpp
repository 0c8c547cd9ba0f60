#include "signaling/rooms/rooms_protocol.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"

namespace rtc::rooms {

namespace {

constexpr size_t max_id_size = 128;
constexpr size_t max_name_size = 256;
constexpr size_t max_meta_size = 16 * 1024;  // it is sent to every listener of the room

Error bad(std::string message) { return {Error::Kind::protocol, std::move(message), {}}; }

Result<std::string> read_id(const JsonValue &object, const char *name) {
  const auto *member = object.find(name);
  const auto text = member ? member->text() : std::nullopt;
  if (!text || text->empty()) return bad(format("\"%s\" is missing or not a string", name));
  if (text->size() > max_id_size) return bad(format("\"%s\" is too long", name));
  return *text;
}

Result<Roles> read_roles(const JsonValue &object) {
  const auto *list = object.find("roles");
  if (!list || !list->is_array()) return bad("\"roles\" is missing or not an array");
  Roles roles;
  for (const auto &item : list->items) {
    const auto role = item.text().value_or("");
    if (role == "producer")
      roles.producer = true;
    else if (role == "listener")
      roles.listener = true;
    else if (role == "consumer")
      roles.consumer = true;
    else
      return bad("unknown role " + std::string(item.raw.substr(0, 32)) +
                 "; there are \"producer\", \"listener\" and \"consumer\"");
  }
  return roles;
}

bool is_true(const JsonValue &object, const char *name) {
  const auto *member = object.find(name);
  return member && member->is_true();
}

std::string name_in(const JsonValue *meta) {
  const auto *name = meta && meta->is_object() ? meta->find("name") : nullptr;
  return name ? name->text().value_or("") : "";
}

bool calls_in(const JsonValue *meta) { return meta && meta->is_object() && is_true(*meta, "call"); }

Result<PeerStatus> read_status(const JsonValue &object) {
  auto roles = read_roles(object);
  if (!roles) return roles.error();
  PeerStatus status;
  status.roles = *roles;
  if (const auto *meta = object.find("meta")) {
    if (meta->raw.size() > max_meta_size) return bad("\"meta\" is larger than 16 KiB");
    status.meta = meta->raw;
    status.name = name_in(meta);
    status.calls = calls_in(meta);
    if (status.name.size() > max_name_size)
      return bad(format("\"meta.name\" is longer than %zu bytes", max_name_size));
  }
  if (const auto *peer = object.find("peerId")) status.peer = peer->text().value_or("");
  if (const auto *instance = object.find("instance")) {
    if (!instance->text() || instance->text()->size() > max_id_size)
      return bad("\"instance\" is not a string or too long");
    status.instance = *instance->text();
  }
  if (const auto *unique = object.find("uniqueName")) status.unique_name = unique->is_true();
  return status;
}

Result<StartSession> read_start(const JsonValue &object, bool with_session) {
  StartSession start;
  auto peer = read_id(object, "peerId");
  if (!peer) return peer.error();
  start.peer = *peer;
  if (with_session) {
    auto session = read_id(object, "sessionId");
    if (!session) return session.error();
    start.session = *session;
  }
  if (const auto *offer = object.find("offer")) {
    start.offer = offer->text();
    if (!start.offer) return bad("\"offer\" is not a string");
  }
  if (const auto *accepts = object.find("accepts"))
    for (const auto &item : accepts->items) start.takes_parity |= item.text() == parity_name;
  return start;
}

Result<EndSession> read_end(const JsonValue &object) {
  auto session = read_id(object, "sessionId");
  if (!session) return session.error();
  EndSession end{*session, {}, false};
  if (const auto *error = object.find("error")) {
    if (!error->text()) return bad("\"error\" is not a string");
    end.error = *error->text();
  }
  return end;
}

Result<Message> read_sdp(const JsonValue &sdp) {
  const auto *type = sdp.find("type");
  const auto *text = sdp.find("sdp");
  const auto name = type ? type->text().value_or("") : "";
  if (!text || !text->text()) return bad("\"sdp.sdp\" is missing or not a string");
  if (name == "offer") return Message(Description{Description::Type::offer, *text->text()});
  if (name == "answer") return Message(Description{Description::Type::answer, *text->text()});
  return bad("\"sdp.type\" is neither \"offer\" nor \"answer\"");
}

Result<Message> read_ice(const JsonValue &ice) {
  const auto *text = ice.find("candidate");
  if (!text || !text->text()) return bad("\"ice.candidate\" is missing or not a string");
  if (text->text()->empty()) return Message(EndOfCandidates{});
  Candidate candidate{unknown_mline, {}, *text->text()};
  if (const auto *mid = ice.find("sdpMid")) candidate.mid = mid->text().value_or("");
  if (const auto *line = ice.find("sdpMLineIndex")) {
    const auto index = line->integer();
    if (!index || *index < 0 || *index > 0xffff) return bad("\"ice.sdpMLineIndex\" is no index");
    candidate.mline = static_cast<unsigned>(*index);
  }
  return Message(candidate);
}

Result<PeerMessage> read_peer(const JsonValue &object) {
  auto session = read_id(object, "sessionId");
  if (!session) return session.error();
  const auto *sdp = object.find("sdp");
  const auto *ice = object.find("ice");
  if (!sdp == !ice) return bad("a \"peer\" message needs either \"sdp\" or \"ice\"");
  const auto *body = sdp ? sdp : ice;
  if (!body->is_object()) return bad(sdp ? "\"sdp\" is not an object" : "\"ice\" is not an object");
  auto message = sdp ? read_sdp(*body) : read_ice(*body);
  if (!message) return message.error();
  return PeerMessage{*session, (sdp ? "\"sdp\":" : "\"ice\":") + std::string(body->raw), *message};
}

Result<Request> read_version(const JsonValue &object) {
  const auto *version = object.find("version");
  const auto name = version ? version->text().value_or("") : "";
  if (name == "v1_0") return Request(SetProtocolVersion{Version::v1_0});
  if (name == "v1_1") return Request(SetProtocolVersion{Version::v1_1});
  return bad("\"version\" is not one of \"v1_0\", \"v1_1\"");
}

// What cannot be used of it is told in `problems`, and is no reason to refuse the message.
IceOffer read_ice_offer(const JsonValue &object) {
  IceOffer offer;
  if (const auto *list = object.find("iceServers"))
    offer.servers = read_ice_servers(*list, offer.problems);
  if (const auto *lifetime = object.find("lifetime"))
    offer.lifetime = std::max(0l, lifetime->integer().value_or(0));
  return offer;
}

Result<PeerStatus> read_changed_status(const JsonValue &object) {
  auto status = read_status(object);
  if (status) status->lost = is_true(object, "lost");
  return status;
}

Result<EndSession> read_told_end(const JsonValue &object) {
  auto end = read_end(object);
  if (end) end->lost = is_true(object, "lost");
  return end;
}

Result<Event> read_list(const JsonValue &object, const char *member) {
  PeerList list{std::string_view(member) == "consumers", {}};
  const auto *peers = object.find(member);
  if (!peers || !peers->is_array()) return bad(format("\"%s\" is not an array", member));
  for (const auto &item : peers->items) {
    auto id = read_id(item, "id");
    if (!id) return id.error();
    const auto *meta = item.find("meta");
    list.peers.push_back(
        {*id, meta ? std::string(meta->raw) : "null", name_in(meta), calls_in(meta)});
  }
  return Event(std::move(list));
}

// Lifts a result into the variant of its direction.
template <typename Any, typename T>
Result<Any> as(Result<T> result) {
  if (!result) return result.error();
  return Any(std::move(*result));
}

Result<std::pair<JsonValue, std::string>> read_envelope(std::string_view text) {
  auto value = parse_json(text);
  if (!value) return value.error();
  if (!value->is_object()) return bad("the message is not a JSON object");
  const auto *type = value->find("type");
  if (!type || !type->text()) return bad("\"type\" is missing or not a string");
  auto name = *type->text();
  return std::pair(std::move(*value), std::move(name));
}

// `type: what was wrong`, so that the sender finds the message that was refused.
template <typename T>
Result<T> named(const std::string &type, Result<T> result) {
  if (result) return result;
  return bad(type + ": " + result.error().message);
}

Result<Request> read_request_of(const std::string &type, const JsonValue &object) {
  if (type == "setProtocolVersion") return read_version(object);
  if (type == "setPeerStatus") return as<Request>(read_status(object));
  if (type == "startSession") return as<Request>(read_start(object, false));
  if (type == "endSession" || type == "endSessionV1_1") return as<Request>(read_end(object));
  if (type == "peer") return as<Request>(read_peer(object));
  if (type == "list") return Request(ListRequest{false});
  if (type == "listConsumers") return Request(ListRequest{true});
  if (type == "iceServers") return Request(IceRequest{});
  if (type == "newPeer") return bad("a peer is new only by connecting");
  return bad("unknown message type");
}

Result<Event> read_event_of(const std::string &type, const JsonValue &object) {
  if (type == "welcome") {
    auto peer = read_id(object, "peerId");
    if (!peer) return peer.error();
    return Event(Welcome{*peer, read_ice_offer(object)});
  }
  if (type == "peerStatusChanged") return as<Event>(read_changed_status(object));
  if (type == "startSession") return as<Event>(read_start(object, true));
  if (type == "sessionStarted") {
    auto start = read_start(object, true);
    if (!start) return start.error();
    return Event(SessionStarted{start->peer, start->session});
  }
  if (type == "endSession" || type == "endSessionV1_1") return as<Event>(read_told_end(object));
  if (type == "peer") return as<Event>(read_peer(object));
  if (type == "list") return read_list(object, "producers");
  if (type == "listConsumers") return read_list(object, "consumers");
  if (type == "iceServers") return Event(read_ice_offer(object));
  if (type == "error") {
    const auto *details = object.find("details");
    const auto *code = object.find("code");
    return Event(Refusal{details ? details->text().value_or("") : "",
                         code ? code->text().value_or("") : ""});
  }
  return Event(Unknown{type});
}

}  // namespace

Result<Request> read_request(std::string_view text) {
  auto envelope = read_envelope(text);
  if (!envelope) return envelope.error();
  const auto &[object, type] = *envelope;
  return named(type.substr(0, 32), read_request_of(type, object));
}

Result<Event> read_event(std::string_view text) {
  auto envelope = read_envelope(text);
  if (!envelope) return envelope.error();
  const auto &[object, type] = *envelope;
  return named(type.substr(0, 32), read_event_of(type, object));
}

}  // namespace rtc::rooms
