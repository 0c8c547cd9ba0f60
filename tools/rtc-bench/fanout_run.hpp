// One measurement of the fan-out: a fresh publisher process, some viewers in other processes, and
// what they cost and got in a steady window.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "viewer_program.hpp"

namespace rtc::bench {

struct FanoutPlan {
  std::string kind;  // of publisher: rtcsink, baseline, baseline-feedback, janus, pion
  std::string input;
  int viewers = 1;
  seconds duration{10};
  bool at_once = false;  // all viewers join together, not one after the other
  const ViewerProgram *viewer_program = nullptr;
};

struct FanoutResult {
  std::string kind;
  std::string viewer_kind;
  int viewers = 0;
  int connected = 0;
  double idle_cpu = 0;        // percent of a core without viewers
  double cpu = 0;             // percent of a core, all of the publisher
  double system = 0;          // of these in the kernel
  double cpu_per_viewer = 0;  // (cpu - idle_cpu) / viewers
  double join_cpu = 0;        // ms of CPU that a viewer costs until it has its first packet
  double viewer_cpu = 0;      // percent of a core of all viewer processes
  double pss_per_viewer = 0;  // bytes
  double rss_per_viewer = 0;
  double threads_per_viewer = 0;
  int threads = 0;
  double descriptors_per_viewer = 0;
  double dtls_median = 0, dtls_max = 0;          // ms from connect to DTLS up
  double packet_median = 0, packet_max = 0;      // ms from connect to the first packet
  double keyframe_median = 0, keyframe_max = 0;  // ms from connect to the first picture (VP8)
  double packet_rate = 0;                        // per viewer and second
  double frame_rate = 0;                         // per viewer and second
  double bitrate = 0;                            // per viewer, RTP payload and headers
  long lost = 0;                                 // packets of all viewers in the window
  long lost_joining = 0;                         // packets of all viewers before it
  long repeated = 0;                             // retransmissions in the window
  std::map<std::string, double> stages;          // median ms after connect of each step
};

double median(std::vector<double> values);

Result<FanoutResult> run_fanout(const FanoutPlan &plan);

}  // namespace rtc::bench
