// What a process uses, read from /proc and its CPU clock.
#pragma once

#include <sys/types.h>

namespace rtc::bench {

struct ProcessUsage {
  double time = 0;    // when it was read, seconds
  double cpu = 0;     // seconds, user and system
  double system = 0;  // seconds of these in the kernel, in steps of 10 ms
  double pss = 0;     // bytes, shared pages divided by their users
  double rss = 0;     // bytes
  int threads = 0;
  int descriptors = 0;

  static ProcessUsage of(pid_t pid);
  // Percent of a core between two readings.
  static double load(const ProcessUsage &from, const ProcessUsage &to) {
    return 100 * (to.cpu - from.cpu) / (to.time - from.time);
  }
};

}  // namespace rtc::bench
