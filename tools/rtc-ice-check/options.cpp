#include "options.hpp"

#include <cstdio>
#include <fstream>

#include "base/text.hpp"
#include "ice/ice_server.hpp"
#include "ice/turn_rest.hpp"

namespace {

using rtc::Error;
using rtc::Result;

constexpr const char *summary =
    "Tells which addresses this machine can offer to a WebRTC peer, and whether STUN and TURN\n"
    "servers do their work: each server over each transport, the kind of NAT in front (with two\n"
    "STUN servers at different addresses), round trip and loss through each relay.\n"
    "\n"
    "  stun:host[:port]  stuns:host[:port]\n"
    "  turn:[user:password@]host[:port][?transport=udp|tcp]   without transport: both\n"
    "  turns:[user:password@]host[:port]                      over TLS\n"
    "\n"
    "User and password in a URL are percent-encoded. Whatever is on a command line can be read by\n"
    "every user of the machine (ps): prefer --credential-file or --turn-secret-file.\n"
    "\n"
    "The exit code is 0 when everything that was asked for works, 1 when not, 2 when the command\n"
    "line is wrong.";

// What GOption fills.
struct Texts {
  char *interfaces = nullptr;
  char *ports = nullptr;
  char *ca_file = nullptr;
  char *username = nullptr;
  char *credential_file = nullptr;
  char *secret_file = nullptr;
  char **urls = nullptr;
  double timeout = 5;
  gboolean json = FALSE;
  gboolean version = FALSE;

  ~Texts() {
    for (char *text : {interfaces, ports, ca_file, username, credential_file, secret_file})
      g_free(text);
    g_strfreev(urls);
  }
};

struct Login {
  std::string username;
  std::string credential;
};

Error wrong(std::string message) { return {Error::Kind::settings, std::move(message), {}}; }

std::string text(const char *value) { return value ? value : ""; }

Result<bool> parse(int argc, char **argv, Texts &t) {
  const GOptionEntry entries[] = {
      {"json", 0, 0, G_OPTION_ARG_NONE, &t.json, "Print one JSON document instead of tables",
       nullptr},
      {"timeout", 0, 0, G_OPTION_ARG_DOUBLE, &t.timeout,
       "How long to wait for each server (default: 5)", "SECONDS"},
      {"interfaces", 0, 0, G_OPTION_ARG_STRING, &t.interfaces,
       "Interfaces or addresses to use, \"!\" in front of those to leave out, like eth0,!docker* "
       "(as the elements' ice-interfaces)",
       "LIST"},
      {"port-range", 0, 0, G_OPTION_ARG_STRING, &t.ports,
       "Local UDP ports to use (as the elements' ice-port-range)", "MIN-MAX"},
      {"tls-ca-file", 0, 0, G_OPTION_ARG_FILENAME, &t.ca_file,
       "PEM file with the authorities to trust (default: those of the system)", "FILE"},
      {"username", 0, 0, G_OPTION_ARG_STRING, &t.username,
       "User name for TURN servers whose URL has none", "NAME"},
      {"credential-file", 0, 0, G_OPTION_ARG_FILENAME, &t.credential_file,
       "File whose first line is the password for it", "FILE"},
      {"turn-secret-file", 0, 0, G_OPTION_ARG_FILENAME, &t.secret_file,
       "File whose first line is the secret (coturn's static-auth-secret) to make a time-limited "
       "credential from, for TURN servers whose URL has none",
       "FILE"},
      {"version", 0, 0, G_OPTION_ARG_NONE, &t.version, "Print the version", nullptr},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &t.urls, nullptr, "[URL...]"},
      {}};
  const std::unique_ptr<GOptionContext, rtc::Freer<g_option_context_free>> context(
      g_option_context_new("- check ICE, STUN and TURN"));
  g_option_context_set_summary(context.get(), summary);
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  GError *raw = nullptr;
  g_option_context_parse(context.get(), &argc, &argv, &raw);
  if (const rtc::ErrorPtr error(raw); error)
    return wrong(std::string(raw->message) + "; see --help.");
  if (!(t.timeout >= 0.1 && t.timeout <= 600))
    return wrong("--timeout is a number of seconds from 0.1 to 600.");
  return true;
}

Result<std::string> first_line(const char *file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty())
    return wrong("nothing can be read from \"" + text(file) + "\"; put it on the first line.");
  return line;
}

// For the servers whose URL has none; empty without options.
Result<Login> read_login(const Texts &t) {
  if (t.secret_file && (t.username || t.credential_file))
    return wrong("give --turn-secret-file, or --username with --credential-file, not both.");
  if (!t.username != !t.credential_file)
    return wrong("--username and --credential-file go together.");
  if (t.credential_file) {
    const auto credential = first_line(t.credential_file);
    if (!credential) return credential.error();
    return Login{t.username, *credential};
  }
  if (!t.secret_file) return Login{};
  const auto secret = first_line(t.secret_file);
  if (!secret) return secret.error();
  const auto minted = rtc::mint_turn_credentials({*secret, rtc::seconds(3600)}, "rtc-ice-check",
                                                 g_get_real_time() / G_USEC_PER_SEC);
  return Login{minted.username, minted.credential};
}

void add_server(CheckPlan &plan, const rtc::IceUri &uri, const Login &login) {
  rtc::ServerProbeSettings server;
  server.uri = uri;
  if (uri.is_turn()) {
    server.username = login.username;
    server.credential = login.credential;
    server.relay_packets = 50;
  }
  plan.servers.push_back(server);
  if (uri.scheme != rtc::IceUri::Scheme::turn || uri.transport_given) return;
  server.uri.transport = rtc::IceUri::Transport::tcp;
  server.uri.transport_given = true;
  plan.servers.push_back(server);
}

Result<bool> add_servers(CheckPlan &plan, const char *url, const Login &login) {
  const auto servers = rtc::parse_ice_servers(url);
  if (!servers) return servers.error();
  for (const auto &server : *servers)
    for (const auto &text : server.urls) {
      const auto uri = rtc::parse_ice_uri(text);
      if (!uri) return uri.error();
      add_server(plan, *uri,
                 server.username.empty() ? login : Login{server.username, server.credential});
    }
  return true;
}

}  // namespace

Result<std::optional<CheckPlan>> parse_options(int argc, char **argv) {
  Texts t;
  const auto parsed = parse(argc, argv, t);
  if (!parsed) return parsed.error();
  if (t.version) {
    std::printf("rtc-ice-check %s\n", RTC_VERSION);
    return std::optional<CheckPlan>();
  }
  const auto interfaces = rtc::InterfaceFilter::parse(text(t.interfaces));
  if (!interfaces) return interfaces.error();
  const auto ports = rtc::parse_port_range(text(t.ports));
  if (!ports) return ports.error();
  const auto login = read_login(t);
  if (!login) return login.error();

  CheckPlan plan;
  plan.interfaces = *interfaces;
  plan.ports = *ports;
  plan.tls_ca_file = text(t.ca_file);
  plan.timeout = rtc::milliseconds(static_cast<int64_t>(t.timeout * 1000));
  plan.json = t.json;
  for (char **url = t.urls; url && *url; url++)
    if (const auto added = add_servers(plan, *url, *login); !added) return added.error();
  for (auto &server : plan.servers) {
    server.timeout = plan.timeout;
    server.tls_ca_file = plan.tls_ca_file;
    server.local.ports = plan.ports;
  }
  return std::optional(plan);
}
