#include "ice/ice_uri.hpp"

#include <glib.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/redact.hpp"
#include "base/ref.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {

constexpr unsigned default_port = 3478, default_secure_port = 5349;  // RFC 7064, RFC 7065
constexpr size_t max_host = 253;                                     // RFC 1035, in text
constexpr size_t max_shown = 200;

constexpr IceUri::Scheme schemes[] = {IceUri::Scheme::stun, IceUri::Scheme::stuns,
                                      IceUri::Scheme::turn, IceUri::Scheme::turns};

// The parts of scheme:["//"][user@]host[:port][?query] as they are written.
struct Parts {
  std::string_view scheme;
  std::optional<std::string_view> user;
  std::string_view address;
  std::optional<std::string_view> query;
};

// A password that was not encoded may hold any character but a blank: the last "@" ends it.
Parts take_apart(std::string_view text) {
  Parts parts;
  const auto colon = text.find(':');
  const auto at = text.rfind('@');
  if (colon != std::string_view::npos && (at == std::string_view::npos || colon < at)) {
    parts.scheme = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    if (text.starts_with("//")) text.remove_prefix(2);
  }
  if (const auto end = text.rfind('@'); end != std::string_view::npos) {
    parts.user = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  const auto mark = text.find('?');
  parts.address = text.substr(0, mark);
  if (mark != std::string_view::npos) parts.query = text.substr(mark + 1);
  return parts;
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return g_ascii_isdigit(c); });
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= max_host &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return g_ascii_isalnum(c) || c == '-' || c == '.' || c == '_'; });
}

Error wrong(std::string_view text, const std::string &why) {
  return {Error::Kind::settings,
          "\"" + redact_ice_uri(text) + "\" is no ICE server: " + why +
              "; write stun:host:port or turn:user:password@host:port?transport=udp.",
          {}};
}

// The message where it is wrong, empty where it is right.
using Problem = std::string;

Problem read_port(std::string_view text, unsigned &port) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = is_number(text) && end.ec == std::errc();
  return whole && port > 0 && port <= 65535 ? "" : "a port is a number from 1 to 65535";
}

Problem read_address(std::string_view text, IceUri &uri) {
  auto rest = text;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return "the \"]\" after the IPv6 address is missing";
    uri.host = text.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (uri.host.find(':') == std::string::npos || !g_hostname_is_ip_address(uri.host.c_str()))
      return "what is in brackets is no IPv6 address";
    if (!rest.empty() && rest.front() != ':') return "only a port may follow the address";
  } else {
    if (std::count(text.begin(), text.end(), ':') > 1)
      return "it has too many colons, and an IPv6 address is written in brackets";
    uri.host = text.substr(0, text.find(':'));
    rest.remove_prefix(uri.host.size());
    if (uri.host.empty()) return "the host is missing";
    if (!is_host_name(uri.host)) return "the host is no name and no address";
  }
  return rest.empty() ? "" : read_port(rest.substr(1), uri.port);
}

Problem read_query(std::string_view query, IceUri &uri) {
  constexpr std::string_view name = "transport=";
  if (!uri.is_turn()) return "only turn: and turns: take \"?transport=\"";
  const auto value = query.starts_with(name) ? query.substr(name.size()) : "";
  const bool udp = iequals(value, "udp");
  if (!udp && !iequals(value, "tcp")) return "after \"?\" comes transport=udp or transport=tcp";
  if (udp && uri.is_secure())
    return "TURN over DTLS (turns: with transport=udp) is not supported, turns: goes over TCP";
  uri.transport_given = true;
  if (!udp && !uri.is_secure()) uri.transport = IceUri::Transport::tcp;
  return "";
}

bool decode(std::string_view text, std::string &into) {
  const CharPtr decoded(g_uri_unescape_string(std::string(text).c_str(), nullptr));
  if (decoded) into = decoded.get();
  return decoded && g_utf8_validate(decoded.get(), -1, nullptr);
}

Problem read_user(std::string_view user, IceUri &uri) {
  if (!uri.is_turn()) return "a STUN server takes no user and password";
  const auto colon = user.find(':');
  const auto password = colon == std::string_view::npos ? "" : user.substr(colon + 1);
  if (colon == 0 || password.empty())
    return "before \"@\" come user and password, as user:password";
  if (!decode(user.substr(0, colon), uri.username) || !decode(password, uri.credential))
    return "user and password are not percent-encoded UTF-8 (\"%\" is %25, \":\" is %3A)";
  return "";
}

}  // namespace

const char *to_string(IceUri::Scheme scheme) {
  static constexpr const char *names[] = {"stun", "stuns", "turn", "turns"};
  return names[static_cast<size_t>(scheme)];
}

const char *to_string(IceUri::Transport transport) {
  static constexpr const char *names[] = {"udp", "tcp", "tls"};
  return names[static_cast<size_t>(transport)];
}

std::string redact_ice_uri(std::string_view text) {
  const auto parts = take_apart(text);
  std::string out(parts.scheme);
  if (!parts.scheme.empty()) out += ':';
  if (parts.user) out += "***@";
  // "turn:user:password" lacks its host, so that the password stands where the port should.
  const auto bracket = parts.address.rfind(']');
  const auto colon = parts.address.find(':', bracket == std::string_view::npos ? 0 : bracket);
  out += parts.address.substr(0, colon);
  if (colon != std::string_view::npos) {
    const auto port = parts.address.substr(colon + 1);
    out += ':';
    out += is_number(port) && port.size() <= 5 ? port : "***";
  }
  if (parts.query) out += "?" + std::string(*parts.query);
  if (out.size() > max_shown) out = out.substr(0, max_shown) + "...";
  const CharPtr valid(g_utf8_make_valid(out.c_str(), static_cast<gssize>(out.size())));
  return redact(valid.get());
}

Result<IceUri> parse_ice_uri(std::string_view text) {
  const auto parts = take_apart(text);
  const auto *scheme = std::find_if(std::begin(schemes), std::end(schemes), [&](auto known) {
    return iequals(parts.scheme, to_string(known));
  });
  if (scheme == std::end(schemes))
    return wrong(text, "it starts with none of stun: stuns: turn: turns:");

  IceUri uri;
  uri.scheme = *scheme;
  if (uri.is_secure()) {
    uri.port = default_secure_port;
    uri.transport = IceUri::Transport::tls;
  }
  auto problem = read_address(parts.address, uri);
  if (problem.empty() && parts.query) problem = read_query(*parts.query, uri);
  if (problem.empty() && parts.user) problem = read_user(*parts.user, uri);
  if (!problem.empty()) return wrong(text, problem);
  return uri;
}

std::string to_string(const IceUri &uri) {
  std::string out = to_string(uri.scheme);
  const bool v6 = uri.host.find(':') != std::string::npos;
  out += v6 ? ":[" + uri.host + "]" : ":" + uri.host;
  if (uri.port != (uri.is_secure() ? default_secure_port : default_port))
    out += ":" + std::to_string(uri.port);
  if (uri.transport_given)
    out += uri.transport == IceUri::Transport::udp ? "?transport=udp" : "?transport=tcp";
  return out;
}

}  // namespace rtc
