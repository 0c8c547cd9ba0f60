#include "base/json.hpp"
#include "base/text.hpp"
#include "report.hpp"

namespace {

using rtc::format;
using rtc::JsonObject;

std::string number(rtc::milliseconds time) {
  return format("%lld", static_cast<long long>(time.count()));
}

// Not by printf, which writes a comma in some languages.
std::string number(double value) {
  std::array<char, G_ASCII_DTOSTR_BUF_SIZE> text;
  return g_ascii_formatd(text.data(), static_cast<int>(text.size()), "%.3f", value);
}

std::string number(rtc::microseconds time) {
  return number(static_cast<double>(time.count()) / 1000);
}

void add_address(JsonObject &object, const char *name, const rtc::IpPort &address) {
  if (address) object.add(name, address.text());
}

std::string relay_json(const rtc::ServerReport::Relay &relay) {
  const auto &q = relay.quality;
  JsonObject object;
  object.add("path", relay.to_itself ? "itself" : "peer")
      .add_raw("sent", std::to_string(q.sent))
      .add_raw("received", std::to_string(q.received))
      .add_raw("loss", number(q.loss()));
  if (q.received)
    object.add_raw("roundTripMs", JsonObject()
                                      .add_raw("min", number(q.minimum))
                                      .add_raw("median", number(q.median))
                                      .add_raw("p95", number(q.p95))
                                      .str());
  if (!relay.error.message.empty()) object.add("error", relay.error.message);
  return object.str();
}

std::string server_json(const CheckedServer &server) {
  const auto &r = server.report;
  JsonObject object;
  object.add("url", to_string(server.uri))
      .add("transport", to_string(server.uri.transport))
      .add_raw("works", server.works() ? "true" : "false")
      .add("outcome", to_string(r.outcome))
      .add_raw("timeMs", number(r.time));
  if (r.code) object.add_raw("code", std::to_string(r.code));
  if (!r.error.message.empty()) object.add("error", r.error.message);
  add_address(object, "local", r.local);
  add_address(object, "server", r.remote);
  add_address(object, "mapped", r.mapped);
  add_address(object, "relayed", r.relayed);
  if (r.relay) object.add_raw("relay", relay_json(*r.relay));
  return object.str();
}

std::string candidate_json(const FoundCandidate &candidate) {
  JsonObject object;
  object.add("type", candidate.type)
      .add("protocol", candidate.protocol)
      .add("address", candidate.address.ip)
      .add_raw("port", std::to_string(candidate.address.port));
  return object.add_raw("timeMs", number(candidate.time)).str();
}

std::string mapping_json(const CheckReport &report) {
  std::vector<std::string> answers;
  for (const auto &answer : report.mapping_answers)
    answers.push_back(JsonObject()
                          .add("server", answer.server.text())
                          .add("local", answer.local.text())
                          .add("mapped", answer.mapped.text())
                          .str());
  return JsonObject()
      .add("mapping", to_string(*report.mapping))
      .add_raw("answers", rtc::json_array(answers))
      .str();
}

}  // namespace

std::string to_json(const CheckReport &report) {
  std::vector<std::string> candidates, servers;
  for (const auto &candidate : report.candidates) candidates.push_back(candidate_json(candidate));
  for (const auto &server : report.servers) servers.push_back(server_json(server));
  JsonObject object;
  object.add_raw("works", report.works() ? "true" : "false")
      .add_raw("candidates", rtc::json_array(candidates));
  if (!report.gathering.message.empty()) object.add("error", report.gathering.message);
  object.add_raw("servers", rtc::json_array(servers));
  if (report.mapping) object.add_raw("nat", mapping_json(report));
  return object.str();
}
