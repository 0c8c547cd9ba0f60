// The client's side of STUN and TURN with one server (pure; RFC 8489, RFC 8656): what to send, and
// what an answer means. Messages and their checks are those of libnice's STUN library.
//
// One request at a time: send its bytes until an answer comes. A challenge (401, 438) is answered
// by itself, with the event `again`.
#pragma once

#include <glib.h>

#include <stun/stunagent.h>

#include <optional>
#include <string>
#include <string_view>

#include "ice/ip_port.hpp"

namespace rtc {

struct StunRequest {
  enum class Kind { binding, allocate, refresh, permission };

  Kind kind = Kind::binding;
  unsigned lifetime = 600;  // of allocate and refresh in seconds; 0 gives the allocation back
  IpPort peer;              // of permission
};

struct StunEvent {
  enum class Kind {
    ignored,  // nothing for us; `reason` says what was wrong with it, empty: a late answer
    again,    // the server wants credentials or another nonce: send `bytes` instead
    success,  // of the request
    refused,  // by the server, with `code`; 0: its answer cannot be used
    data,     // `bytes` came through the relay from `peer`
  };

  Kind kind = Kind::ignored;
  std::string bytes;
  int code = 0;
  std::string reason;          // printable
  bool authenticated = false;  // the request was sent with credentials
  IpPort mapped;               // where the server sees us
  IpPort relayed;
  IpPort peer;
};

class StunClient {
 public:
  StunClient(std::string username, std::string credential);
  StunClient(const StunClient &) = delete;

  // What it returns is to be sent. Credentials have at most 508 bytes each.
  std::string start(const StunRequest &request);
  StunEvent read(std::string_view bytes);
  // A packet to `peer` through the relay.
  std::string send_indication(const IpPort &peer, std::string_view data);

 private:
  struct Writer;

  std::string write();
  bool authenticate(StunMessage &message);
  bool take_challenge(const StunMessage &message);
  StunEvent read_answer(const StunMessage &message);
  StunEvent read_error(const StunMessage &message);

  StunAgent agent_;
  std::string username_;
  std::string credential_;
  StunRequest request_;
  std::optional<std::string> pending_;  // the id of the transaction
  std::string realm_;
  std::string nonce_;
  bool authenticated_ = false;
  int stale_ = 0;  // times in a row that the nonce was
};

}  // namespace rtc
