// The command line of rtc-ice-check, and the plan that comes of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ice/server_probe.hpp"

struct CheckPlan {
  std::vector<rtc::ServerProbeSettings> servers;  // a turn: URL without transport is two
  rtc::InterfaceFilter interfaces;
  rtc::PortRange ports;
  std::string tls_ca_file;
  rtc::milliseconds timeout{5000};
  bool json = false;
};

// Nothing where only the version was asked for, which is printed.
rtc::Result<std::optional<CheckPlan>> parse_options(int argc, char **argv);
