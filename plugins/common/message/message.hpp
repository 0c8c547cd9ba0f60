// What two peers say to each other through a signaler, whatever its protocol (pure values).
#pragma once

#include <string>
#include <variant>

namespace rtc {

struct Description {
  enum class Type { offer, answer };
  Type type = Type::offer;
  std::string sdp;
};

// An ICE candidate as W3C RTCIceCandidateInit writes it: "candidate:..." without "a=".
struct Candidate {
  unsigned mline = 0;
  std::string mid;  // empty where the protocol carries none
  std::string candidate;
};

struct EndOfCandidates {};

// The other side ends the session; an empty reason is a normal end.
struct Bye {
  std::string reason;
  bool lost = false;  // the other side's signaling broke; its media may go on
};

using Message = std::variant<Description, Candidate, EndOfCandidates, Bye>;

}  // namespace rtc
