// The subcommands of rtc-bench; each gets the arguments after its own name and returns the exit
// status.
#pragma once

#include "base/error.hpp"

namespace rtc::bench {

int congestion_command(int argc, char **argv);
int data_command(int argc, char **argv);
int fanout_command(int argc, char **argv);
int latency_command(int argc, char **argv);
// Hidden: the processes that the others start.
int publish_command(int argc, char **argv);
int transfer_command(int argc, char **argv);
int view_command(int argc, char **argv);
int watch_command(int argc, char **argv);

// Prints what to do about it; returns the exit status.
int complain(const Error &error);

}  // namespace rtc::bench
