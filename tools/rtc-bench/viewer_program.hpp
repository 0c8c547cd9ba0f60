// The programs that hold the viewers of a fan-out. Each is started with the publisher's address,
// the number of viewers and "at-once" or "one-by-one", and speaks as view_command.cpp says. Those
// of other languages are in viewers/; called with --check they say what is missing, and exit
// with 77.
#pragma once

#include <memory>
#include <string>

#include "child_link.hpp"

namespace rtc::bench {

struct ViewerProgram {
  const char *kind;
  const char *program;  // empty: this one
  int viewers;          // that a process holds at most
};

// Null where there is none of that kind.
const ViewerProgram *find_viewer_program(const std::string &kind);

Result<std::unique_ptr<Child>> start_viewers(const ViewerProgram &program, const std::string &uri,
                                             int count, bool at_once);

}  // namespace rtc::bench
