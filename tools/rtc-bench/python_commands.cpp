// The commands that have a laboratory of networks: they hand over to Python programs of the source
// tree.
#include <unistd.h>

#include <string>
#include <vector>

#include "commands.hpp"

namespace rtc::bench {

namespace {

// `name`: of the command, and of the folder of its program.
int hand_over(const std::string &name, int argc, char **argv) {
  std::string folder = RTC_BENCH_FOLDER "/" + name;
  std::string python = "python3";
  if (access(folder.c_str(), R_OK) != 0)
    return complain(
        {Error::Kind::missing_element,
         "The source tree that rtc-bench was built from is gone; " + name + " runs from there.",
         folder});
  std::vector<char *> words{python.data(), folder.data()};
  words.insert(words.end(), argv + 1, argv + argc);
  words.push_back(nullptr);
  execvp(python.c_str(), words.data());
  return complain(
      {Error::Kind::failed, "Python does not start; install the package python3.", python});
}

}  // namespace

int congestion_command(int argc, char **argv) { return hand_over("congestion", argc, argv); }

int data_command(int argc, char **argv) {
  // For the processes of this program that it starts.
  char self[4096] = {};
  if (readlink("/proc/self/exe", self, sizeof self - 1) > 0) setenv("RTC_BENCH", self, 1);
  return hand_over("data", argc, argv);
}

}  // namespace rtc::bench
