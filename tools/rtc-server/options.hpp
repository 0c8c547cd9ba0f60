// The command line of rtc-server: read, checked, and put into rtc::ServerSettings.
#pragma once

#include <string>

#include "base/error.hpp"
#include "server/server.hpp"

struct Options {
  rtc::ServerSettings server;
  std::string log_level = "warning";
  bool version = false;  // it is all that is asked for
};

// An Error names the option and what it takes, and never shows a secret.
rtc::Result<Options> read_options(int argc, char **argv);
