// The rooms protocol: JSON text to typed messages and back, both directions (pure). It is the
// protocol of gst-plugins-rs' signaling server, versions 1.0 and 1.1, plus optional members of
// ours:
//   welcome.iceServers        W3C RTCIceServer
//   welcome.lifetime          seconds that their credentials are good for, where not for ever
//   iceServers                a message: asked without members, answered with those two
//   endSession.lost           true: the other end's connection broke, or it came back over another;
//   peerStatusChanged.lost    its media may go on
//   meta.name                 the name of the stream a producer publishes
//   meta.call                 true: the producer takes calls, and sends no stream by itself
//   setPeerStatus.instance    one publisher's secret, kept over its reconnections
//   setPeerStatus.uniqueName  the server may append "-2", "-3" to a name that is taken
//   startSession.accepts      what the consumer takes that others may stumble over: "flexfec-03"
//   error.code                "name-taken" where a program must tell the case
//
// Errors: what cannot be read is an Error of kind `protocol` whose message names what was wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "ice/ice_server.hpp"
#include "message/message.hpp"

namespace rtc::rooms {

// In startSession.accepts: descriptions with parity (see add_parity()).
constexpr auto parity_name = "flexfec-03";

enum class Version { v1_0, v1_1 };

struct Roles {
  bool producer = false;
  bool listener = false;
  bool consumer = false;
  bool operator==(const Roles &) const = default;
};

// Messages of both directions.
struct PeerStatus {
  std::string peer;  // empty where the sender left it out
  Roles roles;
  std::string meta = "null";  // JSON text of the application's, passed on unread
  std::string name;           // meta.name, empty where there is none
  std::string instance;       // secret: never passed on
  bool unique_name = false;
  bool lost = false;   // gone, by a broken connection
  bool calls = false;  // meta.call
};

struct StartSession {
  std::string peer;
  std::string session;  // empty from client to server
  std::optional<std::string> offer;
  bool takes_parity = false;  // "accepts" lists "flexfec-03"; our addition
};

struct EndSession {
  std::string session;
  std::string error;  // protocol 1.1; empty: a normal end
  bool lost = false;  // the other end's connection broke
};

struct PeerMessage {
  std::string session;
  std::string member;  // "sdp":{...} or "ice":{...} as it came, to be passed on
  Message message;     // the same, read; the mline of a candidate without one is unknown_mline
};
constexpr unsigned unknown_mline = ~0u;

struct ListedPeer {
  std::string peer;
  std::string meta = "null";
  std::string name;
  bool calls = false;
};

// Client to server.
struct SetProtocolVersion {
  Version version;
};
struct ListRequest {
  bool consumers = false;
};
struct IceRequest {};
using Request = std::variant<SetProtocolVersion, PeerStatus, StartSession, EndSession, PeerMessage,
                             ListRequest, IceRequest>;

// Server to client.
struct IceOffer {
  IceServers servers;
  long lifetime = 0;            // seconds the credentials are good for; 0: for ever
  std::vector<Error> problems;  // what was left out of the servers
};
struct Welcome {
  std::string peer;
  IceOffer ice;
};
struct SessionStarted {
  std::string peer;
  std::string session;
};
struct PeerList {
  bool consumers = false;
  std::vector<ListedPeer> peers;
};
struct Refusal {
  std::string details;
  std::string code;
};
// Of a later version or another implementation: to be ignored.
struct Unknown {
  std::string type;
};
using Event = std::variant<Welcome, PeerStatus, StartSession, SessionStarted, EndSession,
                           PeerMessage, PeerList, IceOffer, Refusal, Unknown>;

constexpr const char *name_taken = "name-taken";

Result<Request> read_request(std::string_view text);
Result<Event> read_event(std::string_view text);

// Both directions.
std::string write(const StartSession &message);
std::string write(const PeerMessage &message);
// endSession, or endSessionV1_1 where the receiver knows it.
std::string write(const EndSession &message, Version version);
// The "sdp" or "ice" member of a description, a candidate or the end of candidates.
std::string peer_member(const Message &message);

// Client to server.
std::string write(const SetProtocolVersion &message);
std::string write_set_peer_status(const PeerStatus &status);
std::string write(const ListRequest &message);
std::string write(const IceRequest &);

// Server to client.
std::string write(const Welcome &message);
std::string write(const IceOffer &message);
std::string write_peer_status_changed(const PeerStatus &status);
std::string write(const SessionStarted &message);
std::string write(const PeerList &message);
std::string write(const Refusal &message);

// `meta`, a JSON object, with its member "name" set.
std::string set_meta_name(std::string_view meta, std::string_view name);

}  // namespace rtc::rooms
