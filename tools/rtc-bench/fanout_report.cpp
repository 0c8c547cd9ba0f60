#include "fanout_report.hpp"

#include <cstdio>

#include "child_link.hpp"

namespace rtc::bench {

void print_header() {
  printf("%-17s %7s %7s %7s %6s %6s %5s %5s %7s %10s %11s %11s %6s %6s %6s %9s\n", "publisher",
         "viewers", "cpu/v %", "cpu %", "idle %", "MB/v", "thr/v", "fds/v", "join ms", "dtls ms",
         "packet ms", "picture ms", "pkt/s", "fps", "lost", "lost join");
  fflush(stdout);
}

void print_row(const FanoutResult &r) {
  printf(
      "%-17s %7d %7.3f %7.2f %6.2f %6.2f %5.1f %5.1f %7.1f %5.0f/%4.0f %6.0f/%4.0f %6.0f/%4.0f "
      "%6.1f "
      "%6.2f %6ld %9ld\n",
      r.kind.c_str(), r.viewers, r.cpu_per_viewer, r.cpu, r.idle_cpu, r.pss_per_viewer / 1e6,
      r.threads_per_viewer, r.descriptors_per_viewer, r.join_cpu, r.dtls_median, r.dtls_max,
      r.packet_median, r.packet_max, r.keyframe_median, r.keyframe_max, r.packet_rate, r.frame_rate,
      r.lost, r.lost_joining);
  if (r.connected < r.viewers)
    printf("  only %d of %d viewers got a packet\n", r.connected, r.viewers);
  fflush(stdout);
}

void print_ratios(const std::vector<FanoutResult> &results) {
  for (const auto &ours : results) {
    if (ours.kind != "rtcsink") continue;
    for (const auto &other : results)
      if (other.kind != "rtcsink" && other.viewers == ours.viewers && other.cpu_per_viewer > 0)
        printf(
            "rtcsink / %s at %d viewers: cpu per viewer %.2f, cpu %.2f, memory %.2f, "
            "cpu of joining %.2f, connect to dtls %.2f, to first packet %.2f\n",
            other.kind.c_str(), ours.viewers, ours.cpu_per_viewer / other.cpu_per_viewer,
            ours.cpu / other.cpu, ours.pss_per_viewer / other.pss_per_viewer,
            ours.join_cpu / other.join_cpu, ours.dtls_median / other.dtls_median,
            ours.packet_median / other.packet_median);
  }
}

bool write_json(const std::vector<FanoutResult> &results, const std::string &file) {
  const auto json = adopt(json_builder_new());
  auto *b = json.get();
  const auto number = [b](const char *name, double value) {
    json_builder_set_member_name(b, name);
    json_builder_add_double_value(b, value);
  };
  json_builder_begin_object(b);
  json_builder_set_member_name(b, "fanout");
  json_builder_begin_array(b);
  for (const auto &r : results) {
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "publisher");
    json_builder_add_string_value(b, r.kind.c_str());
    json_builder_set_member_name(b, "viewer");
    json_builder_add_string_value(b, r.viewer_kind.c_str());
    for (const auto &[name, value] : std::initializer_list<std::pair<const char *, double>>{
             {"viewers", r.viewers},
             {"connected", r.connected},
             {"cpuPercentPerViewer", r.cpu_per_viewer},
             {"cpuPercent", r.cpu},
             {"systemCpuPercent", r.system},
             {"idleCpuPercent", r.idle_cpu},
             {"joinCpuMs", r.join_cpu},
             {"viewersCpuPercent", r.viewer_cpu},
             {"pssBytesPerViewer", r.pss_per_viewer},
             {"rssBytesPerViewer", r.rss_per_viewer},
             {"threads", r.threads},
             {"threadsPerViewer", r.threads_per_viewer},
             {"descriptorsPerViewer", r.descriptors_per_viewer},
             {"dtlsMedianMs", r.dtls_median},
             {"dtlsMaxMs", r.dtls_max},
             {"firstPacketMedianMs", r.packet_median},
             {"firstPacketMaxMs", r.packet_max},
             {"firstKeyframeMedianMs", r.keyframe_median},
             {"firstKeyframeMaxMs", r.keyframe_max},
             {"packetsPerSecond", r.packet_rate},
             {"framesPerSecond", r.frame_rate},
             {"bitsPerSecond", r.bitrate},
             {"packetsLost", static_cast<double>(r.lost)},
             {"packetsLostJoining", static_cast<double>(r.lost_joining)},
             {"packetsRepeated", static_cast<double>(r.repeated)}})
      number(name, value);
    json_builder_set_member_name(b, "connectMedianMs");
    json_builder_begin_object(b);
    for (const auto &[stage, time] : r.stages) number(stage.c_str(), time);
    json_builder_end_object(b);
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
  json_builder_end_object(b);
  const JsonPtr root(json_builder_get_root(b));
  const CharPtr text(json_to_string(root.get(), TRUE));
  return g_file_set_contents(file.c_str(), text.get(), -1, nullptr);
}

}  // namespace rtc::bench
