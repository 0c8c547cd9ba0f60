// rtc-bench fanout: what one more viewer costs, beside a bare webrtcbin fan-out in the same run.
#include <gst/gst.h>
#include <sys/wait.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/text.hpp"
#include "clip.hpp"
#include "commands.hpp"
#include "fanout_report.hpp"
#include "relay_publisher.hpp"

namespace rtc::bench {

namespace {

constexpr int most_viewers = 1000;
constexpr int skipped = 77;  // what is to be measured, or measures, is not installed

struct Options {
  char *viewers = nullptr;
  char *json = nullptr;
  char *input = nullptr;
  int duration = 10;
  char *publishers = nullptr;
  char *viewer = nullptr;
  gboolean at_once = FALSE;

  ~Options() {
    for (char *text : {viewers, json, input, publishers, viewer}) g_free(text);
  }
};

Error wrong(std::string message) { return {Error::Kind::settings, std::move(message), {}}; }

Result<bool> parse(int argc, char **argv, Options &o) {
  const GOptionEntry entries[] = {
      {"viewers", 'v', 0, G_OPTION_ARG_STRING, &o.viewers,
       "Numbers of viewers, each measured with a fresh publisher (default: 1,8,24,48)", "N,N,..."},
      {"duration", 'd', 0, G_OPTION_ARG_INT, &o.duration,
       "Length of the steady window in seconds (default: 10)", "S"},
      {"input", 'i', 0, G_OPTION_ARG_FILENAME, &o.input,
       "WebM or Matroska file whose video is sent (default: VP8 720p30 of 1.66 Mbit/s, made once)",
       "FILE"},
      {"json", 'j', 0, G_OPTION_ARG_FILENAME, &o.json, "Write the results there too", "FILE"},
      {"publishers", 'p', 0, G_OPTION_ARG_STRING, &o.publishers,
       "Whom to measure: rtcsink; rtcsink-raw, which encodes 1280x720 for all; baseline, a bare "
       "webrtcbin fan-out; baseline-feedback, the same with retransmission and transport-wide "
       "feedback, which rtcsink has and the plain one lacks; janus; pion (default: "
       "rtcsink,baseline,janus,pion, without those not installed)",
       "NAME,..."},
      {"viewer", 0, 0, G_OPTION_ARG_STRING, &o.viewer,
       "Who watches: webrtcbin; pion, which leaves the publisher more of the machine where many "
       "join together (default: webrtcbin)",
       "NAME"},
      {"at-once", 0, 0, G_OPTION_ARG_NONE, &o.at_once,
       "All viewers join together (default: one every 100 ms)", nullptr},
      {}};
  const std::unique_ptr<GOptionContext, Freer<g_option_context_free>> context(
      g_option_context_new("- cost of viewers of one stream"));
  g_option_context_set_summary(
      context.get(),
      "Publishes a recording that is not encoded again to viewers in other processes on this\n"
      "machine, and prints what a viewer costs the publisher: CPU (\"cpu/v\": percent of a core,\n"
      "the cost without viewers taken off; \"join\": milliseconds of CPU for one to join), "
      "memory,\n"
      "threads, and what the viewers got: milliseconds from connect to DTLS up, the first packet "
      "and the first keyframe (median/longest). Compare\n"
      "the ratios of one run; absolute numbers depend on the machine.");
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  GError *raw = nullptr;
  g_option_context_parse(context.get(), &argc, &argv, &raw);
  if (const ErrorPtr error(raw); error) return wrong(std::string(error->message) + "; see --help.");
  if (argc > 1) return wrong(format("unknown argument \"%s\"; see --help.", argv[1]));
  if (o.duration < 1 || o.duration > 3600) return wrong("--duration is from 1 to 3600.");
  return true;
}

Result<std::vector<int>> parse_counts(const char *text) {
  std::vector<int> counts;
  for (const auto &part : split(text ? text : "1,8,24,48", ',')) {
    int count = 0;
    const auto end = part.data() + part.size();
    if (std::from_chars(part.data(), end, count).ptr != end || count < 1 || count > most_viewers)
      return wrong(
          format("--viewers: \"%s\" is not a number from 1 to %d.", part.c_str(), most_viewers));
    counts.push_back(count);
  }
  return counts;
}

// The exit status of a program asked whether it can run: 0, or 77 and it has said what is missing.
int check(std::string program) {
  if (program.empty()) return 0;
  char check[] = "--check";
  char *argv[] = {program.data(), check, nullptr};
  int status = 1;
  const bool ran = g_spawn_sync(nullptr, argv, nullptr, G_SPAWN_CHILD_INHERITS_STDIN, nullptr,
                                nullptr, nullptr, nullptr, &status, nullptr);
  return ran && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

Result<std::vector<std::string>> choose_publishers(const char *text) {
  static constexpr auto known = {"rtcsink",           "rtcsink-raw", "baseline",
                                 "baseline-feedback", "janus",       "pion"};
  std::vector<std::string> chosen;
  for (const auto &kind : split(text ? text : "rtcsink,baseline,janus,pion", ',')) {
    if (std::find(known.begin(), known.end(), kind) == known.end())
      return wrong(format("--publishers: \"%s\" is not known; see --help.", kind.c_str()));
    // Those not installed are left out.
    if (check(relay_program(kind)) == 0) chosen.push_back(kind);
  }
  return chosen;
}

Result<const ViewerProgram *> choose_viewer(const char *text) {
  const auto *program = find_viewer_program(text ? text : "webrtcbin");
  if (!program) return wrong(format("--viewer: \"%s\" is not known; see --help.", text));
  return program;
}

}  // namespace

int fanout_command(int argc, char **argv) {
  Options options;
  if (const auto parsed = parse(argc, argv, options); !parsed) return complain(parsed.error());
  const auto counts = parse_counts(options.viewers);
  if (!counts) return complain(counts.error());
  const auto viewer = choose_viewer(options.viewer);
  if (!viewer) return complain(viewer.error());
  if (const int status = check((*viewer)->program)) {
    if (status == skipped) return skipped;
    return complain(wrong(
        format("--viewer %s: its program cannot be built; the reason is above.", (*viewer)->kind)));
  }
  gst_init(nullptr, nullptr);
  const auto input = options.input ? std::string(options.input) : standard_clip();
  if (!input) return complain(input.error());
  const auto clip = read_clip(*input);
  if (!clip) return complain(clip.error());
  printf("Input: %.2f Mbit/s, %.1f frames per second\n", clip->bitrate() / 1e6,
         1e9 * static_cast<double>(clip->frames.size()) / static_cast<double>(clip->duration));

  const auto kinds = choose_publishers(options.publishers);
  if (!kinds) return complain(kinds.error());
  if (kinds->empty()) return skipped;
  std::vector<FanoutResult> results;
  print_header();
  bool complete = true;
  for (const int count : *counts) {
    for (const auto &kind : *kinds) {
      const auto result = run_fanout(
          {kind, *input, count, seconds(options.duration), options.at_once != FALSE, *viewer});
      if (!result) return complain(result.error());
      print_row(*result);
      complete = complete && result->connected == count && result->packet_rate > 0;
      results.push_back(*result);
    }
  }
  print_ratios(results);
  if (options.json && !write_json(results, options.json))
    return complain(wrong(format("%s cannot be written.", options.json)));
  return complete ? 0 : 1;
}

}  // namespace rtc::bench
