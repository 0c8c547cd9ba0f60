#include "options.hpp"

#include <glib.h>

#include <fstream>
#include <vector>

#include "base/redact.hpp"
#include "base/ref.hpp"
#include "base/text.hpp"

namespace {

using rtc::Error;
using rtc::Result;

// What GOption fills; the numbers' defaults are those of ServerSettings.
struct Raw {
  char *listen = nullptr;
  char *certificate = nullptr;
  char *key = nullptr;
  char *token = nullptr;
  char *token_file = nullptr;
  char **ice_servers = nullptr;
  char *turn_secret = nullptr;
  char *turn_secret_file = nullptr;
  int turn_ttl = 86400;
  char *log_level = nullptr;
  int max_peers = 10000;
  int max_message_size = 256 * 1024;
  int ping_interval = 30;
  gboolean version = FALSE;

  ~Raw() {
    for (char *text :
         {listen, certificate, key, token, token_file, turn_secret, turn_secret_file, log_level})
      g_free(text);
    g_strfreev(ice_servers);
  }
};

Error wrong(std::string message) { return {Error::Kind::settings, std::move(message), {}}; }

std::string text(const char *value) { return value ? value : ""; }

std::vector<GOptionEntry> entries(Raw &o) {
  return {
      {"listen", 'l', 0, G_OPTION_ARG_STRING, &o.listen,
       "Address to listen on; \":8080\" is port 8080 of all addresses, port 0 picks a free one "
       "(default: 127.0.0.1:8080)",
       "HOST:PORT"},
      {"tls-certificate", 0, 0, G_OPTION_ARG_FILENAME, &o.certificate,
       "PEM file with the certificate chain; serves https: and wss: (default: no TLS)", "FILE"},
      {"tls-key", 0, 0, G_OPTION_ARG_FILENAME, &o.key,
       "PEM file with the certificate's private key", "FILE"},
      {"token-file", 0, 0, G_OPTION_ARG_FILENAME, &o.token_file,
       "File with the token that clients must give, as \"Authorization: Bearer\" or \"?token=\" "
       "(default: no token is asked)",
       "FILE"},
      {"token", 0, 0, G_OPTION_ARG_STRING, &o.token,
       "The same on the command line, where every user of this machine can read it (ps); prefer "
       "--token-file",
       "TOKEN"},
      {"ice-server", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o.ice_servers,
       "STUN or TURN server told to every peer: stun:host:port, turn:host:port?transport=udp|tcp, "
       "turns:host:port, or turn:user:password@host for fixed credentials; may be given several "
       "times (default: none)",
       "URL"},
      {"turn-secret-file", 0, 0, G_OPTION_ARG_FILENAME, &o.turn_secret_file,
       "File with the secret shared with the TURN server (coturn: use-auth-secret, "
       "static-auth-secret); peers get credentials made of it for TURN servers given without",
       "FILE"},
      {"turn-secret", 0, 0, G_OPTION_ARG_STRING, &o.turn_secret,
       "The same on the command line, where every user of this machine can read it (ps); prefer "
       "--turn-secret-file",
       "SECRET"},
      {"turn-ttl", 0, 0, G_OPTION_ARG_INT, &o.turn_ttl,
       "Seconds such credentials are good for, 60 or more; peers get new ones in time (default: "
       "86400, the day that coturn's scheme recommends)",
       "SECONDS"},
      {"max-peers", 0, 0, G_OPTION_ARG_INT, &o.max_peers,
       "Peers connected at a time (default: 10000)", "N"},
      {"max-message-size", 0, 0, G_OPTION_ARG_INT, &o.max_message_size,
       "Bytes of one message; a larger one ends its connection (default: 262144)", "N"},
      {"ping-interval", 0, 0, G_OPTION_ARG_INT, &o.ping_interval,
       "Seconds between pings; a peer that answers none for two intervals is dropped (default: 30)",
       "N"},
      {"log-level", 0, 0, G_OPTION_ARG_STRING, &o.log_level,
       "What goes to standard error: error, warning, info or debug; never secrets (default: "
       "warning)",
       "LEVEL"},
      {"version", 0, 0, G_OPTION_ARG_NONE, &o.version, "Print the version", nullptr},
      {}};
}

Result<bool> parse(int argc, char **argv, Raw &o) {
  const std::unique_ptr<GOptionContext, rtc::Freer<g_option_context_free>> context(
      g_option_context_new("- WebRTC signaling server"));
  g_option_context_set_summary(
      context.get(),
      "Serves a page that plays and publishes (/), rooms over WebSocket (/ws/<room>, and / for "
      "the\n"
      "room \"default\"), /healthz, and /metrics for Prometheus, all on one port. Media never "
      "passes\n"
      "through it. It speaks the protocol of gst-plugins-rs' signaling server, 1.0 and 1.1.");
  const auto table = entries(o);
  g_option_context_add_main_entries(context.get(), table.data(), nullptr);
  GError *raw = nullptr;
  g_option_context_parse(context.get(), &argc, &argv, &raw);
  if (const rtc::ErrorPtr error(raw); error)
    return wrong(std::string(raw->message) + "; see --help.");
  if (argc > 1)
    return wrong("unknown argument \"" + rtc::redact(text(argv[1])) + "\"; see --help.");
  return true;
}

// The first line of the file: editors end a file with a newline.
Result<std::string> read_secret(const char *value, const char *file_name, const std::string &name,
                                const char *what) {
  const auto option = "--" + name;
  if (value && !*value) return wrong(option + " is empty; leave it out for none.");
  if (!file_name) return text(value);
  if (value) return wrong("give " + option + "-file or " + option + ", not both.");
  std::ifstream file(file_name);
  std::string secret;
  std::getline(file, secret);
  if (!secret.empty() && secret.back() == '\r') secret.pop_back();
  if (secret.empty())
    return wrong(std::string("no ") + what + " can be read from \"" + file_name +
                 "\"; put it on the first line.");
  return secret;
}

Result<bool> read_ice(const Raw &o, rtc::ServerSettings &settings) {
  bool minted = false;
  for (char **url = o.ice_servers; url && *url; url++) {
    const auto servers = rtc::parse_ice_servers(*url);
    if (!servers) return wrong("--ice-server: " + servers.error().message);
    if (servers->empty()) return wrong("--ice-server is empty; leave it out for none.");
    for (const auto &server : *servers) minted = minted || rtc::lacks_credentials(server);
    settings.ice_servers.insert(settings.ice_servers.end(), servers->begin(), servers->end());
  }
  const auto secret = read_secret(o.turn_secret, o.turn_secret_file, "turn-secret", "secret");
  if (!secret) return secret.error();
  if (minted && secret->empty())
    return wrong(
        "a TURN server is given without credentials; give it --turn-secret-file (coturn's "
        "static-auth-secret), or write turn:user:password@host.");
  if (!minted && !secret->empty())
    return wrong(
        "a TURN secret is given, but no TURN server to use it for; give --ice-server turn:host "
        "without user and password.");
  if (o.turn_ttl < 60) return wrong("--turn-ttl must be at least 60.");
  settings.turn = {*secret, rtc::seconds(o.turn_ttl)};
  return true;
}

Result<rtc::ServerSettings> to_settings(const Raw &o) {
  rtc::ServerSettings settings;
  if (o.listen) settings.listen = o.listen;
  settings.tls_certificate = text(o.certificate);
  settings.tls_key = text(o.key);
  const auto token = read_secret(o.token, o.token_file, "token", "token");
  if (!token) return token.error();
  settings.token = *token;
  if (o.max_peers < 1) return wrong("--max-peers must be at least 1.");
  if (o.max_message_size < 1024) return wrong("--max-message-size must be at least 1024.");
  if (o.ping_interval < 1) return wrong("--ping-interval must be at least 1.");
  settings.max_peers = static_cast<size_t>(o.max_peers);
  settings.max_message_size = static_cast<size_t>(o.max_message_size);
  settings.ping_interval = rtc::seconds(o.ping_interval);
  if (const auto ice = read_ice(o, settings); !ice) return ice.error();
  return settings;
}

}  // namespace

Result<Options> read_options(int argc, char **argv) {
  Raw raw;
  if (const auto parsed = parse(argc, argv, raw); !parsed) return parsed.error();
  Options options;
  if (raw.log_level) options.log_level = raw.log_level;
  options.version = raw.version;
  if (options.version) return options;
  auto settings = to_settings(raw);
  if (!settings) return settings.error();
  options.server = std::move(*settings);
  return options;
}
