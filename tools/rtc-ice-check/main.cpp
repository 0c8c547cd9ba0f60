// rtc-ice-check: tells what ICE can do from here with the given servers, and why not more.
#include <cstdio>
#include <future>

#include "base/log.hpp"
#include "check.hpp"
#include "options.hpp"

int main(int argc, char **argv) {
  const auto plan = parse_options(argc, argv);
  if (!plan) return std::fprintf(stderr, "rtc-ice-check: %s\n", plan.error().message.c_str()), 2;
  if (!*plan) return 0;

  // The log is GStreamer's (GST_DEBUG); its plugins are not needed.
  g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
  gst_init(nullptr, nullptr);
  rtc::init_log();

  rtc::EventLoop loop("rtc-ice-check");
  std::unique_ptr<Check> check;
  std::promise<CheckReport> promise;
  loop.call([&] {
    check = std::make_unique<Check>(
        loop, **plan, [&](CheckReport report) { promise.set_value(std::move(report)); });
  });
  const auto report = promise.get_future().get();
  loop.call([&] { check.reset(); });

  std::printf("%s", (*plan)->json ? (to_json(report) + "\n").c_str() : to_table(report).c_str());
  std::fflush(stdout);
  for (const auto &problem : report.problems())
    std::fprintf(stderr, "rtc-ice-check: %s\n", problem.c_str());
  return report.works() ? 0 : 1;
}
