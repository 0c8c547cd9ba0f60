// rtc-bench latency: how long connecting takes and how old a picture is when it is seen, beside a
// bare webrtcbin (and Chromium) in the same run.
#include <gst/gst.h>

#include <cstdio>
#include <memory>

#include "base/text.hpp"
#include "clip.hpp"
#include "commands.hpp"
#include "latency_run.hpp"

namespace rtc::bench {

namespace {

struct Options {
  char *viewer = nullptr;
  char *puppeteer = nullptr;
  int runs = 3;
  int duration = 10;

  ~Options() {
    for (char *text : {viewer, puppeteer}) g_free(text);
  }
};

constexpr auto folder = RTC_BENCH_FOLDER;

Error wrong(std::string message) { return {Error::Kind::settings, std::move(message), {}}; }

Result<bool> parse(int argc, char **argv, Options &o) {
  const GOptionEntry entries[] = {
      {"viewer", 0, 0, G_OPTION_ARG_STRING, &o.viewer,
       "Who looks at the pictures: rtcsrc or chromium (default: rtcsrc)", "VIEWER"},
      {"runs", 'n', 0, G_OPTION_ARG_INT, &o.runs,
       "Repetitions of each measurement, publishers taking turns (default: 3)", "N"},
      {"duration", 'd', 0, G_OPTION_ARG_INT, &o.duration,
       "Seconds each stream is looked at (default: 10)", "S"},
      {"puppeteer", 0, 0, G_OPTION_ARG_FILENAME, &o.puppeteer,
       "Folder of node modules with puppeteer-core (default: tests/browser/node_modules)",
       "FOLDER"},
      {}};
  const std::unique_ptr<GOptionContext, Freer<g_option_context_free>> context(
      g_option_context_new("- time to connect, and from camera to eye"));
  g_option_context_set_summary(
      context.get(),
      "Connecting: milliseconds from a viewer's connect until each step is done, for the first\n"
      "viewer of a publisher process and for later ones.\n"
      "Glass to glass: the age of a frame of 640x360, 30 frames per second, when the viewer has\n"
      "decoded it (rtcsrc, without a playout delay) or presents it (chromium).");
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  GError *raw = nullptr;
  g_option_context_parse(context.get(), &argc, &argv, &raw);
  if (const ErrorPtr error(raw); error) return wrong(std::string(error->message) + "; see --help.");
  if (argc > 1) return wrong(format("unknown argument \"%s\"; see --help.", argv[1]));
  const std::string viewer = o.viewer ? o.viewer : "rtcsrc";
  if (viewer != "rtcsrc" && viewer != "chromium") return wrong("--viewer is rtcsrc or chromium.");
  if (o.runs < 1 || o.runs > 100) return wrong("--runs is from 1 to 100.");
  if (o.duration < 1 || o.duration > 600) return wrong("--duration is from 1 to 600.");
  return true;
}

// The steps in their order.
constexpr std::pair<const char *, const char *> steps[] = {
    {"signaling", "signaling connected"}, {"asked", "publisher found"},
    {"session", "session opened"},        {"offer", "offer came"},
    {"answer made", "answer made"},       {"ice", "ICE connected"},
    {"dtls", "DTLS connected"},           {"packet", "first packet"},
    {"keyframe", "first keyframe"}};

Result<bool> measure_connect(const Options &options, const std::string &input) {
  constexpr int viewers = 9;
  std::map<std::string, std::map<std::string, std::vector<double>>> first, later;
  for (int run = 0; run < options.runs; run++)
    for (const char *kind : {"rtcsink", "baseline"}) {
      const auto times = run_connect(kind, input, viewers);
      if (!times) return times.error();
      for (const auto &[step, ms] : times->first) first[kind][step].push_back(ms);
      for (const auto &[step, ms] : times->later) later[kind][step].push_back(ms);
    }
  printf("Milliseconds from connect     first viewer              later viewers\n");
  printf("(median)                      rtcsink  baseline ratio   rtcsink  baseline ratio\n");
  for (const auto &[step, title] : steps) {
    printf("%-28s", title);
    for (auto *times : {&first, &later}) {
      const auto ours = percentile((*times)["rtcsink"][step], .5);
      const auto other = percentile((*times)["baseline"][step], .5);
      printf(" %8.1f %9.1f %5.2f  ", ours, other, other > 0 ? ours / other : 0);
    }
    printf("\n");
  }
  fflush(stdout);
  return true;
}

Result<bool> measure_glass(const Options &options) {
  GlassPlan plan;
  plan.viewer = options.viewer ? options.viewer : "rtcsrc";
  plan.script = std::string(folder) + "/chromium_viewer.mjs";
  plan.puppeteer = options.puppeteer ? options.puppeteer
                                     : std::string(folder) + "/../../tests/browser/node_modules";
  plan.duration = seconds(options.duration);
  std::vector<const char *> kinds{"rtcsink", "baseline"};
  if (plan.viewer == "chromium") kinds.push_back("chromium");
  std::map<std::string, std::vector<double>> all;
  for (int run = 0; run < options.runs; run++)
    for (const char *kind : kinds) {
      plan.kind = kind;
      const auto ms = run_glass(plan);
      if (!ms) return ms.error();
      all[kind].insert(all[kind].end(), ms->begin(), ms->end());
    }
  printf("Glass to glass, seen by %-8s  frames  median     p95   ratio to baseline\n",
         plan.viewer.c_str());
  for (const char *kind : kinds)
    printf("%-32s %7zu %7.1f %7.1f   %.2f\n", kind, all[kind].size(), percentile(all[kind], .5),
           percentile(all[kind], .95),
           percentile(all[kind], .5) / std::max(1., percentile(all["baseline"], .5)));
  return true;
}

}  // namespace

int latency_command(int argc, char **argv) {
  Options options;
  if (const auto parsed = parse(argc, argv, options); !parsed) return complain(parsed.error());
  gst_init(nullptr, nullptr);
  const auto input = standard_clip();
  if (!input) return complain(input.error());
  if (const auto done = measure_connect(options, *input); !done) return complain(done.error());
  if (const auto done = measure_glass(options); !done) return complain(done.error());
  return 0;
}

}  // namespace rtc::bench
