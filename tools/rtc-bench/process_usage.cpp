#include "process_usage.hpp"

#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace rtc::bench {

namespace {

double monotonic_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

int entries(const std::string &folder) {
  std::error_code error;
  int count = 0;
  for (std::filesystem::directory_iterator i(folder, error), end; !error && i != end;
       i.increment(error))
    count++;
  return count;
}

// proc(5): utime and stime are the 14th and 15th field of stat; the 2nd may contain blanks.
void read_stat(const std::string &folder, ProcessUsage &usage) {
  std::ifstream file(folder + "/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream rest(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::string skipped;
  for (int field = 3; field < 14; field++) rest >> skipped;
  double user = 0, system = 0;
  rest >> user >> system;
  const auto tick = static_cast<double>(sysconf(_SC_CLK_TCK));
  usage.system = system / tick;
  usage.cpu = (user + system) / tick;
}

void read_memory(const std::string &folder, ProcessUsage &usage) {
  std::ifstream file(folder + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    const auto kibibytes = [&] { return 1024 * std::stod(line.substr(4)); };
    if (line.starts_with("Rss:")) usage.rss = kibibytes();
    if (line.starts_with("Pss:")) usage.pss = kibibytes();
  }
}

}  // namespace

ProcessUsage ProcessUsage::of(pid_t pid) {
  const auto folder = "/proc/" + std::to_string(pid);
  ProcessUsage usage;
  read_stat(folder, usage);
  // The same sum of utime and stime without rounding to 10 ms.
  clockid_t clock;
  timespec time;
  if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0)
    usage.cpu = static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  usage.time = monotonic_seconds();
  read_memory(folder, usage);
  usage.threads = entries(folder + "/task");
  usage.descriptors = entries(folder + "/fd");
  return usage;
}

}  // namespace rtc::bench
