// What rtc-ice-check found, and how it is shown (pure).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ice/nat_mapping.hpp"
#include "ice/server_probe.hpp"

struct FoundCandidate {
  std::string type;  // as in RFC 8839: host, srflx, relay
  std::string protocol;
  rtc::IpPort address;
  rtc::milliseconds time{0};
};

struct CheckedServer {
  rtc::IceUri uri;
  rtc::ServerReport report;

  bool works() const {
    return report.works() && !(report.relay && report.relay->quality.received == 0);
  }
};

struct CheckReport {
  std::vector<FoundCandidate> candidates;
  rtc::Error gathering;  // why there are none
  std::vector<CheckedServer> servers;
  std::optional<rtc::NatMapping> mapping;  // what was asked with two STUN servers
  std::vector<rtc::MappingAnswer> mapping_answers;

  bool works() const;
  // Each failure with cause and remedy.
  std::vector<std::string> problems() const;
};

std::string to_table(const CheckReport &report);
std::string to_json(const CheckReport &report);
