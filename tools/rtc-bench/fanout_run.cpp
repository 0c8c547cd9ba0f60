#include "fanout_run.hpp"

#include <algorithm>
#include <memory>
#include <thread>

#include "child_link.hpp"
#include "process_usage.hpp"

namespace rtc::bench {

namespace {

constexpr auto start_deadline = seconds(30);
constexpr auto join_deadline = seconds(40);
constexpr auto answer_deadline = seconds(10);
constexpr auto idle_window = milliseconds(2500);
constexpr auto settle_time = milliseconds(2000);

using Children = std::vector<std::unique_ptr<Child>>;

// Hands every viewer's object of an answer to `each`.
template <typename F>
void each_viewer(const JsonPtr &answer, F each) {
  auto *list = json_object_get_array_member(json_node_get_object(answer.get()), "viewers");
  for (guint i = 0; i < json_array_get_length(list); i++)
    each(json_array_get_object_element(list, i));
}

struct Counted {
  long packets = 0, lost = 0, frames = 0, bytes = 0, repeated = 0;
};

Result<Counted> count(const Children &processes) {
  Counted sum;
  for (const auto &process : processes) process->tell("count");
  for (const auto &process : processes) {
    const auto answer = process->hear(answer_deadline);
    if (!answer) return answer.error();
    each_viewer(*answer, [&](JsonObject *viewer) {
      for (auto [name, value] : {std::pair{"packets", &sum.packets}, std::pair{"lost", &sum.lost},
                                 std::pair{"frames", &sum.frames}, std::pair{"bytes", &sum.bytes},
                                 std::pair{"repeated", &sum.repeated}})
        *value += json_object_get_int_member(viewer, name);
    });
  }
  return sum;
}

double cpu_of(const Children &processes) {
  double sum = 0;
  for (const auto &process : processes) sum += ProcessUsage::of(process->pid()).cpu;
  return sum;
}

using Stages = std::map<std::string, std::vector<double>>;

// Adds what a process of viewers says when they are connected; gives the seconds that they have
// been served so far, all together.
Result<double> hear_joined(Child &process, Stages &stages, FanoutResult &result) {
  const auto answer = process.hear(join_deadline);
  if (!answer) return answer.error();
  double served = 0;
  each_viewer(*answer, [&](JsonObject *viewer) {
    if (!json_object_has_member(viewer, "packet")) return;
    result.connected++;
    served += (json_object_get_double_member(viewer, "age") -
               json_object_get_double_member(viewer, "packet")) /
              1000;
    json_object_foreach_member(
        viewer,
        [](JsonObject *, const gchar *stage, JsonNode *value, gpointer data) {
          (*static_cast<Stages *>(data))[stage].push_back(json_node_get_double(value));
        },
        &stages);
  });
  return served;
}

// Starts the viewers and notes how long they took to connect. `served` becomes the seconds that the
// publisher has served them meanwhile, all together.
Result<Children> join(const FanoutPlan &plan, const std::string &uri, FanoutResult &result,
                      double &served) {
  Children processes;
  Stages stages;
  const auto &program = *plan.viewer_program;
  for (int left = plan.viewers; left > 0; left -= program.viewers) {
    auto process = start_viewers(program, uri, std::min(left, program.viewers), plan.at_once);
    if (!process) return process.error();
    if (const auto ready = (*process)->hear(start_deadline); !ready) return ready.error();
    processes.push_back(std::move(*process));
  }
  if (plan.at_once)
    for (const auto &process : processes) process->tell("join");
  auto heard = Clock::now();
  int serving = 0;
  for (const auto &process : processes) {
    if (!plan.at_once) process->tell("join");
    const auto more = hear_joined(*process, stages, result);
    if (!more) return more.error();
    const std::chrono::duration<double> since = Clock::now() - heard;
    served += *more + serving * since.count();
    serving = result.connected;
    heard = Clock::now();
  }
  for (const auto &[stage, times] : stages) result.stages[stage] = median(times);
  const auto longest = [&](const char *stage) {
    const auto &times = stages[stage];
    return times.empty() ? 0. : *std::max_element(times.begin(), times.end());
  };
  result.dtls_median = result.stages["dtls"];
  result.dtls_max = longest("dtls");
  result.packet_median = result.stages["packet"];
  result.packet_max = longest("packet");
  result.keyframe_median = result.stages["keyframe"];
  result.keyframe_max = longest("keyframe");
  return processes;
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

Result<FanoutResult> run_fanout(const FanoutPlan &plan) {
  FanoutResult result;
  result.kind = plan.kind;
  result.viewer_kind = plan.viewer_program->kind;
  result.viewers = plan.viewers;
  auto publisher = Child::start({"publish", plan.kind, plan.input});
  if (!publisher) return publisher.error();
  const auto ready = (*publisher)->hear(start_deadline);
  if (!ready) return ready.error();
  const std::string uri = json_object_get_string_member(json_node_get_object(ready->get()), "uri");
  const auto pid =
      static_cast<pid_t>(json_object_get_int_member(json_node_get_object(ready->get()), "pid"));

  std::this_thread::sleep_for(milliseconds(1500));  // keys are made and plugins loaded
  const auto idle_start = ProcessUsage::of(pid);
  std::this_thread::sleep_for(idle_window);
  const auto idle = ProcessUsage::of(pid);
  result.idle_cpu = ProcessUsage::load(idle_start, idle);

  double served = 0;
  const auto join_from = ProcessUsage::of(pid);
  auto processes = join(plan, uri, result, served);
  if (!processes) return processes.error();
  const auto joined = ProcessUsage::of(pid);
  std::this_thread::sleep_for(settle_time);
  const auto before = count(*processes);
  if (!before) return before.error();
  const auto viewers_from = cpu_of(*processes);
  const auto from = ProcessUsage::of(pid);
  std::this_thread::sleep_for(plan.duration);
  const auto to = ProcessUsage::of(pid);
  const auto viewers_to = cpu_of(*processes);
  const auto during = count(*processes);
  if (!during) return during.error();

  const auto elapsed = to.time - from.time;
  const double n = plan.viewers;
  result.cpu = ProcessUsage::load(from, to);
  result.system = 100 * (to.system - from.system) / elapsed;
  result.cpu_per_viewer = (result.cpu - result.idle_cpu) / n;
  // What serving took meanwhile is no cost of joining.
  result.join_cpu =
      1000 *
      (joined.cpu - join_from.cpu - result.idle_cpu / 100 * (joined.time - join_from.time) -
       result.cpu_per_viewer / 100 * served) /
      n;
  result.viewer_cpu = 100 * (viewers_to - viewers_from) / elapsed;
  result.pss_per_viewer = (to.pss - idle.pss) / n;
  result.rss_per_viewer = (to.rss - idle.rss) / n;
  result.threads = to.threads;
  result.threads_per_viewer = (to.threads - idle.threads) / n;
  result.descriptors_per_viewer = (to.descriptors - idle.descriptors) / n;
  result.packet_rate = static_cast<double>(during->packets) / elapsed / n;
  result.frame_rate = static_cast<double>(during->frames) / elapsed / n;
  result.bitrate = 8 * static_cast<double>(during->bytes) / elapsed / n;
  result.lost = during->lost;
  result.lost_joining = before->lost;
  result.repeated = during->repeated;
  return result;
}

}  // namespace rtc::bench
