// Which signaler serves which URI scheme: one row each in registry.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "signaling/signaler.hpp"

namespace rtc {

struct SignalerSettings {
  std::string uri;          // ws://host:port/room, wss://..., rtc+ws://..., rtc+wss://...
  std::string token;        // secret: sent as bearer token
  std::string tls_ca_file;  // PEM; empty: the system's authorities
};

// Makes the signaler for the scheme of `settings.uri`; an unknown scheme is an Error that lists the
// schemes there are.
Result<std::unique_ptr<Signaler>> make_signaler(EventLoop &loop, const SignalerSettings &settings);

// The schemes the registry knows, in the order of its rows.
std::vector<std::string> signaler_schemes();

}  // namespace rtc
