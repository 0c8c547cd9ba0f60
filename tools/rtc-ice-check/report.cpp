#include "report.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace {

using rtc::format;

using Row = std::vector<std::string>;

// Columns as wide as their widest cell, two blanks between.
std::string columns(const std::vector<Row> &rows) {
  std::vector<size_t> widths;
  for (const auto &row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); i++) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto &row : rows) {
    std::string line = " ";
    for (size_t i = 0; i < row.size(); i++)
      line += " " + row[i] + std::string(widths[i] - row[i].size() + 1, ' ');
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string upper(const char *text) {
  const rtc::CharPtr raised(g_ascii_strup(text, -1));
  return raised.get();
}

std::string address(const rtc::IpPort &address) { return address ? address.text() : "-"; }

std::string ms(rtc::milliseconds time) {
  return format("%lld ms", static_cast<long long>(time.count()));
}

double to_ms(rtc::microseconds time) { return static_cast<double>(time.count()) / 1000; }

std::string words(const char *snake) {
  std::string out = snake;
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

Row server_row(const CheckedServer &server) {
  const auto &r = server.report;
  Row row = {to_string(server.uri),
             upper(to_string(server.uri.transport)),
             words(to_string(r.outcome)) + (r.code ? format(" (%d)", r.code) : ""),
             ms(r.time),
             address(r.mapped),
             address(r.relayed)};
  if (!r.relay) return row.insert(row.end(), {"-", "-"}), row;
  const auto &q = r.relay->quality;
  row.push_back(q.received ? format("%.1f / %.1f / %.1f ms%s", to_ms(q.minimum), to_ms(q.median),
                                    to_ms(q.p95), r.relay->to_itself ? " (to itself)" : "")
                           : "-");
  row.push_back(q.sent ? format("%.0f %% of %zu", q.loss() * 100, q.sent) : "-");
  return row;
}

}  // namespace

bool CheckReport::works() const {
  return gathering.message.empty() &&
         std::all_of(servers.begin(), servers.end(), [](const auto &s) { return s.works(); });
}

std::vector<std::string> CheckReport::problems() const {
  std::vector<std::string> texts;
  if (!gathering.message.empty()) texts.push_back(gathering.message);
  for (const auto &server : servers) {
    const auto &r = server.report;
    if (!r.works()) {
      texts.push_back(r.error.message);
    } else if (r.relay && r.relay->quality.received == 0) {
      texts.push_back(r.relay->error.message);
    } else if (r.relay && r.relay->to_itself) {
      texts.push_back("Note: a packet sent over UDP to " + r.relayed.text() + ", the relay of " +
                      to_string(server.uri) +
                      ", did not come back, so the relay was measured with itself; where UDP from "
                      "here is not blocked, open the server's relay ports.");
    }
  }
  return texts;
}

std::string to_table(const CheckReport &report) {
  std::vector<Row> candidates = {{"TYPE", "PROTOCOL", "ADDRESS", "AFTER"}};
  for (const auto &c : report.candidates)
    candidates.push_back({c.type, upper(c.protocol.c_str()), c.address.text(), ms(c.time)});
  std::string out = "Candidates\n" + columns(candidates);
  if (!report.servers.empty()) {
    std::vector<Row> servers = {{"SERVER", "OVER", "OUTCOME", "AFTER", "SEES US AT", "RELAYS AT",
                                 "ROUND TRIP MIN / MEDIAN / P95", "LOSS"}};
    for (const auto &server : report.servers) servers.push_back(server_row(server));
    out += "\nServers\n" + columns(servers);
  }
  if (report.mapping) out += std::string("\nNAT mapping\n  ") + describe(*report.mapping) + "\n";
  return out;
}
