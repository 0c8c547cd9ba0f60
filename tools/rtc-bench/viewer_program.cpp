#include "viewer_program.hpp"

namespace rtc::bench {

namespace {

constexpr ViewerProgram programs[] = {
    {"webrtcbin", "", 12},
    // One process is cheapest; one by one, more viewers would take longer to join than is waited.
    {"pion", RTC_BENCH_FOLDER "/viewers/pion/run", 96},
};

}  // namespace

const ViewerProgram *find_viewer_program(const std::string &kind) {
  for (const auto &program : programs)
    if (kind == program.kind) return &program;
  return nullptr;
}

Result<std::unique_ptr<Child>> start_viewers(const ViewerProgram &program, const std::string &uri,
                                             int count, bool at_once) {
  std::vector<std::string> arguments{uri, std::to_string(count),
                                     at_once ? "at-once" : "one-by-one"};
  const std::string path = program.program;
  if (path.empty()) arguments.insert(arguments.begin(), "view");
  return Child::start(arguments, path);
}

}  // namespace rtc::bench
