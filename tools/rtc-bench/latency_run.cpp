#include "latency_run.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/text.hpp"
#include "child_link.hpp"
#include "fanout_run.hpp"

namespace rtc::bench {

namespace {

constexpr auto start_deadline = seconds(30);
constexpr auto warm_up_time = milliseconds(1500);

struct Server {
  std::unique_ptr<Child> process;
  std::string uri;
};

Result<Server> publish(const std::string &kind, const std::string &what) {
  auto process = Child::start({"publish", kind, what});
  if (!process) return process.error();
  const auto ready = (*process)->hear(start_deadline);
  if (!ready) return ready.error();
  auto *object = json_node_get_object(ready->get());
  std::this_thread::sleep_for(warm_up_time);
  return Server{std::move(*process), json_object_get_string_member(object, "uri")};
}

}  // namespace

double percentile(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(std::lround(part * static_cast<double>(values.size() - 1)))];
}

Result<ConnectTimes> run_connect(const std::string &kind, const std::string &input, int viewers) {
  auto server = publish(kind, input);
  if (!server) return server.error();
  auto process = Child::start({"view", server->uri, std::to_string(viewers), "one-by-one"});
  if (!process) return process.error();
  if (const auto ready = (*process)->hear(start_deadline); !ready) return ready.error();
  const auto answer = (*process)->ask("join", start_deadline + seconds(viewers));
  if (!answer) return answer.error();
  auto *list = json_object_get_array_member(json_node_get_object(answer->get()), "viewers");
  ConnectTimes times;
  std::map<std::string, std::vector<double>> later;
  for (guint i = 0; i < json_array_get_length(list); i++) {
    auto *viewer = json_array_get_object_element(list, i);
    JsonObjectIter members;
    json_object_iter_init(&members, viewer);
    const gchar *stage;
    JsonNode *value;
    while (json_object_iter_next(&members, &stage, &value)) {
      if (i == 0)
        times.first[stage] = json_node_get_double(value);
      else
        later[stage].push_back(json_node_get_double(value));
    }
  }
  for (const auto &[stage, values] : later) times.later[stage] = median(values);
  return times;
}

Result<std::vector<double>> run_glass(const GlassPlan &plan) {
  const bool browser_publishes = plan.kind == "chromium";
  // The server of a baseline serves two browsers as well; they meet in a room of their own.
  auto server = publish(browser_publishes ? "baseline" : plan.kind, "clock");
  if (!server) return server.error();
  const auto duration = std::to_string(plan.duration.count());
  Result<std::unique_ptr<Child>> viewer = Error{};
  if (plan.viewer == "chromium") {
    std::vector<std::string> arguments{plan.script, plan.puppeteer, "http" + server->uri.substr(2),
                                       duration};
    if (browser_publishes) {
      arguments[2] += "?room=chromium";
      arguments.emplace_back("publish");
    }
    viewer = Child::start(arguments, "node");
  } else {
    viewer = Child::start({"watch", server->uri, duration});
  }
  if (!viewer) return viewer.error();
  const auto answer = (*viewer)->hear(start_deadline + plan.duration + seconds(15));
  if (!answer) return answer.error();
  auto *list = json_object_get_array_member(json_node_get_object(answer->get()), "ms");
  std::vector<double> result;
  for (guint i = 0; i < json_array_get_length(list); i++)
    result.push_back(json_array_get_double_element(list, i));
  return result;
}

}  // namespace rtc::bench
