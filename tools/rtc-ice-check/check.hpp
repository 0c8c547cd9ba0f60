// The whole check: every server, then the NAT, then gathering.
//
// Threads: the event loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "gathering.hpp"
#include "ice/nat_mapping.hpp"
#include "options.hpp"
#include "report.hpp"

class Check {
 public:
  using Done = std::function<void(CheckReport)>;

  // `done` comes once, later, and may destroy this.
  Check(rtc::EventLoop &loop, CheckPlan plan, Done done);

 private:
  // Servers of one host, one after another: a user may have a limited number of allocations.
  struct Lane {
    std::vector<size_t> servers;
    size_t next = 0;
    bool had_allocation = false;  // which the server may still count
    std::unique_ptr<rtc::ServerProbe> probe;
    rtc::Timer retry;
  };

  void start();
  void probe_next(Lane &lane);
  void probed(Lane &lane, rtc::ServerReport report);
  void find_mapping();
  void gather();

  rtc::EventLoop &loop_;
  CheckPlan plan_;
  Done done_;
  CheckReport report_;
  std::map<std::string, Lane> lanes_;  // by host
  std::optional<rtc::MappingProbe> mapping_;
  std::optional<Gathering> gathering_;
  rtc::Timer begin_;
};
