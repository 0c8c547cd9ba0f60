#include "ice/probe_outcome.hpp"

#include <charconv>

#include "base/text.hpp"

namespace rtc {

namespace {

// Nine digits are a time since 1973; shorter numbers are names.
constexpr size_t min_digits = 9;

struct Row {
  const char *name;
  Error::Kind kind;
  const char *problem;
  const char *remedy;
};

// By ProbeOutcome; a remedy that depends on more is made below.
constexpr Row rows[] = {
    {"works", Error::Kind::failed, "works", ""},
    {"credentials_missing", Error::Kind::settings, "asks for a user name and a password",
     "give them with the server"},
    {"credentials_refused", Error::Kind::refused, "refused the user name or password",
     "check the credentials, and where they are time-limited, the secret they are made of"},
    {"credentials_expired", Error::Kind::refused,
     "refused the credentials, and by their user name they have expired",
     "get new ones, and see that the clocks of both machines agree"},
    {"stale_nonce", Error::Kind::failed, "calls every nonce stale, also the one just given",
     "check its settings, or the load balancer in front of it that spreads one client over "
     "several servers"},
    {"quota_reached", Error::Kind::refused, "gives this user no more allocations",
     "wait for one to end, or raise the quota (user-quota of coturn)"},
    {"no_capacity", Error::Kind::refused, "has no capacity left",
     "give it more relay ports or a higher limit (min-port, max-port, total-quota of coturn)"},
    {"stun_error", Error::Kind::refused, "answers with an error", ""},
    {"timeout", Error::Kind::not_found, "", ""},
    {"unreachable", Error::Kind::not_found, "cannot be reached",
     "check host and port, that the server runs, and the firewalls between"},
    {"tls_failed", Error::Kind::settings, "cannot be reached over TLS",
     "give the authority of its certificate with tls-ca-file, and use the name that the "
     "certificate is for"},
    {"not_resolved", Error::Kind::not_found, "has a name that is not known",
     "check its spelling and the DNS of this machine"},
    {"not_stun", Error::Kind::protocol, "does not answer as such a server does",
     "check host, port and transport"},
    {"not_possible", Error::Kind::settings, "cannot be asked from here", "change these settings"},
};

std::string name(const IceUri &uri) {
  static constexpr const char *ways[] = {"UDP", "TCP", "TLS"};
  const auto way = ways[static_cast<size_t>(uri.transport)];
  return uri.is_turn() ? "The TURN server " + to_string(uri) + " (over " + way + ")"
                       : "The STUN server " + to_string(uri);
}

std::string advice_when_silent(const IceUri &uri) {
  const std::string advice = "check the address, that the server runs, and the firewalls between";
  if (uri.transport != IceUri::Transport::udp) return advice;
  return advice + (uri.is_turn() ? "; where UDP is blocked, use ?transport=tcp or turns:"
                                 : ", which may block UDP");
}

std::string advice_about(int code) {
  switch (code) {
    case 300:
      return "use the server that this one redirects to";
    case 403:
      return "its settings forbid it";
    case 437:
      return "an old allocation is still there, try again in a while";
    case 440:
      return "give it an IPv4 address to relay at, or let it relay IPv6 also for who does not ask "
             "for it (allocation-default-address-family=keep of coturn)";
    case 442:
      return "allow it to relay UDP";
    default:
      return "see its log";
  }
}

}  // namespace

const char *to_string(ProbeOutcome outcome) { return rows[static_cast<size_t>(outcome)].name; }

bool is_expired(const std::string &username, int64_t unix_now) {
  int64_t time = 0;
  const auto *end = username.data() + username.size();
  const auto read = std::from_chars(username.data(), end, time);
  const auto digits = static_cast<size_t>(read.ptr - username.data());
  const bool is_time = read.ec == std::errc() && digits >= min_digits && time > 0 &&
                       (read.ptr == end || *read.ptr == ':');
  return is_time && time <= unix_now;
}

ProbeOutcome outcome_of(int code, bool authenticated, const std::string &username,
                        int64_t unix_now) {
  switch (code) {
    case 0:
      return ProbeOutcome::not_stun;
    case 401:
      if (!authenticated) return ProbeOutcome::credentials_missing;
      return is_expired(username, unix_now) ? ProbeOutcome::credentials_expired
                                            : ProbeOutcome::credentials_refused;
    case 438:
      return ProbeOutcome::stale_nonce;
    case 486:
      return ProbeOutcome::quota_reached;
    case 508:
      return ProbeOutcome::no_capacity;
    default:
      return ProbeOutcome::stun_error;
  }
}

Error to_error(const IceUri &uri, const ProbeFailure &failure, milliseconds timeout) {
  const auto &row = rows[static_cast<size_t>(failure.outcome)];
  std::string remedy = row.remedy;
  if (failure.outcome == ProbeOutcome::timeout) remedy = advice_when_silent(uri);
  if (failure.outcome == ProbeOutcome::stun_error) remedy = advice_about(failure.code);
  std::string problem = row.problem;
  if (failure.outcome == ProbeOutcome::timeout)
    problem = format("did not answer within %.3g s", static_cast<double>(timeout.count()) / 1000);
  std::string reason = failure.reason;
  if (failure.code) reason = std::to_string(failure.code) + (reason.empty() ? "" : " ") + reason;
  if (!reason.empty()) reason = " (" + reason + ")";
  return {row.kind, name(uri) + " " + problem + reason + "; " + remedy + ".",
          std::string(row.name) + reason};
}

}  // namespace rtc
