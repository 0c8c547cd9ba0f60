// rtc-bench congestion: hands over to the Python program that has a laboratory of networks.
#include <unistd.h>

#include <string>
#include <vector>

#include "commands.hpp"

namespace rtc::bench {

int congestion_command(int argc, char **argv) {
  std::string folder = RTC_BENCH_FOLDER "/congestion";
  std::string python = "python3";
  if (access(folder.c_str(), R_OK) != 0)
    return complain({Error::Kind::missing_element,
                     "The source tree that rtc-bench was built from is gone; congestion runs from "
                     "there.",
                     folder});
  std::vector<char *> words{python.data(), folder.data()};
  words.insert(words.end(), argv + 1, argv + argc);
  words.push_back(nullptr);
  execvp(python.c_str(), words.data());
  return complain(
      {Error::Kind::failed, "Python does not start; install the package python3.", python});
}

}  // namespace rtc::bench
