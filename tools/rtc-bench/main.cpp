// rtc-bench: measures what the elements cost, beside a bare webrtcbin on the same machine in the
// same run.
#include <cstdio>
#include <cstring>

#include "commands.hpp"

namespace {

constexpr struct {
  const char *name;
  int (*run)(int argc, char **argv);
  const char *help;  // null: hidden
} commands[] = {
    {"congestion", rtc::bench::congestion_command, "how a sender follows a link that changes"},
    {"data", rtc::bench::data_command, "the throughput of a data channel"},
    {"fanout", rtc::bench::fanout_command, "what one more viewer of a stream costs"},
    {"latency", rtc::bench::latency_command, "how long connecting and a picture take"},
    {"publish", rtc::bench::publish_command, nullptr},
    {"transfer", rtc::bench::transfer_command, nullptr},
    {"view", rtc::bench::view_command, nullptr},
    {"watch", rtc::bench::watch_command, nullptr},
};

void print_help(FILE *file) {
  fprintf(file, "Usage: rtc-bench COMMAND [OPTION...]\n\nCommands:\n");
  for (const auto &command : commands)
    if (command.help) fprintf(file, "  %-10s %s\n", command.name, command.help);
  fprintf(file, "\n\"rtc-bench COMMAND --help\" lists the options of a command.\n");
}

}  // namespace

int rtc::bench::complain(const Error &error) {
  fprintf(stderr, "rtc-bench: %s\n", error.message.c_str());
  return 1;
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "--help";
  for (const auto &command : commands) {
    if (strcmp(command.name, name) != 0) continue;
    // Public commands parse options from argv[0] on, hidden ones get bare arguments.
    return command.help ? command.run(argc - 1, argv + 1) : command.run(argc - 2, argv + 2);
  }
  const bool asked = strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0;
  print_help(asked ? stdout : stderr);
  return asked ? 0 : 2;
}
