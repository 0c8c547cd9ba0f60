#include "check.hpp"

#include <algorithm>

namespace {

// coturn counts an allocation for a second after it was given back.
constexpr rtc::milliseconds quota_pause{1500};
// Servers that do not answer here have answered before: no need to wait for long.
constexpr rtc::milliseconds mapping_time{2000};

std::vector<std::string> addresses_of(const rtc::InterfaceFilter &filter) {
  // Without a filter the routes of the system decide.
  if (filter.empty()) return {};
  const auto chosen = rtc::choose_addresses(rtc::local_addresses(), filter, true);
  return chosen ? *chosen : std::vector<std::string>();
}

}  // namespace

Check::Check(rtc::EventLoop &loop, CheckPlan plan, Done done)
    : loop_(loop), plan_(std::move(plan)), done_(std::move(done)) {
  begin_ = loop_.after(rtc::milliseconds(0), [this] { start(); });
}

void Check::start() {
  const auto addresses = addresses_of(plan_.interfaces);
  for (size_t i = 0; i < plan_.servers.size(); i++) {
    auto &server = plan_.servers[i];
    server.local.addresses = addresses;
    report_.servers.push_back({server.uri, {}});
    lanes_[server.uri.host].servers.push_back(i);
  }
  // No way out: gathering tells why.
  if (lanes_.empty() || (!plan_.interfaces.empty() && addresses.empty())) {
    report_.servers.clear();
    return gather();
  }
  for (auto &[host, lane] : lanes_) probe_next(lane);
}

void Check::probe_next(Lane &lane) {
  lane.probe = std::make_unique<rtc::ServerProbe>(
      loop_, plan_.servers[lane.servers[lane.next]],
      [this, &lane](rtc::ServerReport report) { probed(lane, std::move(report)); });
}

void Check::probed(Lane &lane, rtc::ServerReport report) {
  if (report.outcome == rtc::ProbeOutcome::quota_reached &&
      std::exchange(lane.had_allocation, false)) {
    lane.retry = loop_.after(quota_pause, [this, &lane] { probe_next(lane); });
    return;
  }
  auto &server = report_.servers[lane.servers[lane.next++]];
  lane.had_allocation = report.works() && server.uri.is_turn();
  server.report = std::move(report);
  if (lane.next < lane.servers.size()) return probe_next(lane);
  lane.probe.reset();
  const bool all = std::all_of(lanes_.begin(), lanes_.end(),
                               [](const auto &entry) { return !entry.second.probe; });
  if (all) find_mapping();
}

// TURN servers answer this question, too, where there are not two STUN servers.
void Check::find_mapping() {
  std::vector<rtc::IpPort> servers;
  for (const bool turn : {false, true}) {
    if (turn && servers.size() >= 2) break;
    for (const auto &server : report_.servers)
      if (server.uri.is_turn() == turn && server.report.works() &&
          server.uri.transport == rtc::IceUri::Transport::udp)
        servers.push_back(server.report.remote);
  }
  std::sort(servers.begin(), servers.end(),
            [](const auto &a, const auto &b) { return a.text() < b.text(); });
  servers.erase(std::unique(servers.begin(), servers.end()), servers.end());
  if (servers.size() < 2) return gather();
  mapping_.emplace(loop_, servers, plan_.servers[0].local, std::min(plan_.timeout, mapping_time),
                   [this](rtc::NatMapping mapping, std::vector<rtc::MappingAnswer> answers) {
                     report_.mapping = mapping;
                     report_.mapping_answers = std::move(answers);
                     gather();
                   });
}

void Check::gather() {
  gathering_.emplace(loop_, plan_, report_.servers, [this](Gathering::Result result) {
    report_.candidates = std::move(result.candidates);
    report_.gathering = std::move(result.error);
    const auto done = std::exchange(done_, nullptr);
    done(std::move(report_));
  });
}
