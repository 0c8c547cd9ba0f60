// The server an element brings along: the one `listen` asks for, or, with neither `uri` nor
// `listen`, the one on 127.0.0.1:8080 that several pipelines of a machine share. Whoever comes
// first hosts it, the others join, and one of them takes over when the host ends.
//
// Threads: the event loop.
#pragma once

#include <memory>
#include <string>

#include "server/server.hpp"

namespace rtc {

class Host {
 public:
  static constexpr auto meeting_point = "127.0.0.1:8080";

  // `settings.listen` empty: share the meeting point.
  Host(EventLoop &loop, ServerSettings settings);

  // Starts the server. At the meeting point a port in use is no error: somebody hosts already.
  Result<bool> open();
  // The connection to the host was lost: tries to take its place until settled(), for the port of a
  // host that is ending may be free only a moment later.
  void take_over();
  // The connection is back, whoever hosts.
  void settled() { retry_.cancel(); }

  // Where to signal to, and where a browser looks.
  std::string signaling_url() const;
  std::string page_url() const;
  bool hosting() const { return server_ != nullptr; }

 private:
  EventLoop &loop_;
  const bool shared_;
  ServerSettings settings_;
  std::unique_ptr<Server> server_;
  Timer retry_;
};

}  // namespace rtc
