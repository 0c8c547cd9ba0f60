// rtc-server: the signaling server on its own. Reads the options, starts rtc::Server, waits for
// SIGINT or SIGTERM.
#include <glib-unix.h>
#include <gst/gst.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

#include "base/ref.hpp"
#include "base/text.hpp"
#include "server/server.hpp"

namespace {

using rtc::Error;
using rtc::Result;

// What GOption fills; the numbers' defaults are those of ServerSettings.
struct Options {
  char *listen = nullptr;
  char *certificate = nullptr;
  char *key = nullptr;
  char *token = nullptr;
  char *token_file = nullptr;
  char *log_level = nullptr;
  int max_peers = 10000;
  int max_message_size = 256 * 1024;
  int ping_interval = 30;
  gboolean version = FALSE;

  ~Options() {
    for (char *text : {listen, certificate, key, token, token_file, log_level}) g_free(text);
  }
};

Error wrong(std::string message) { return {Error::Kind::settings, std::move(message), {}}; }

std::string text(const char *value) { return value ? value : ""; }

Result<bool> parse(int argc, char **argv, Options &o) {
  const GOptionEntry entries[] = {
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
  const std::unique_ptr<GOptionContext, rtc::Freer<g_option_context_free>> context(
      g_option_context_new("- WebRTC signaling server"));
  g_option_context_set_summary(
      context.get(),
      "Serves a page that plays and publishes (/), rooms over WebSocket (/ws/<room>, and / for "
      "the\n"
      "room \"default\"), /healthz, and /metrics for Prometheus, all on one port. Media never "
      "passes\n"
      "through it. It speaks the protocol of gst-plugins-rs' signaling server, 1.0 and 1.1.");
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  GError *raw = nullptr;
  g_option_context_parse(context.get(), &argc, &argv, &raw);
  if (const rtc::ErrorPtr error(raw); error)
    return wrong(std::string(raw->message) + "; see --help.");
  if (argc > 1) return wrong("unknown argument \"" + text(argv[1]) + "\"; see --help.");
  return true;
}

// The first line of the file: editors end a file with a newline.
Result<std::string> read_token(const Options &o) {
  if (!o.token_file) return text(o.token);
  if (o.token) return wrong("give --token-file or --token, not both.");
  std::ifstream file(o.token_file);
  std::string token;
  std::getline(file, token);
  if (!token.empty() && token.back() == '\r') token.pop_back();
  if (token.empty())
    return wrong("no token can be read from \"" + text(o.token_file) +
                 "\"; put it on the first line.");
  return token;
}

Result<rtc::ServerSettings> to_settings(const Options &o) {
  rtc::ServerSettings settings;
  if (o.listen) settings.listen = o.listen;
  settings.tls_certificate = text(o.certificate);
  settings.tls_key = text(o.key);
  if (o.token && !*o.token) return wrong("--token is empty; leave it out to ask for none.");
  auto token = read_token(o);
  if (!token) return token.error();
  settings.token = *token;
  if (o.max_peers < 1) return wrong("--max-peers must be at least 1.");
  if (o.max_message_size < 1024) return wrong("--max-message-size must be at least 1024.");
  if (o.ping_interval < 1) return wrong("--ping-interval must be at least 1.");
  settings.max_peers = static_cast<size_t>(o.max_peers);
  settings.max_message_size = static_cast<size_t>(o.max_message_size);
  settings.ping_interval = rtc::seconds(o.ping_interval);
  return settings;
}

// The log is GStreamer's; its plugins are not needed.
Result<bool> set_up_log(const std::string &name) {
  static constexpr struct {
    const char *name;
    GstDebugLevel level;
  } levels[] = {{"error", GST_LEVEL_ERROR},
                {"warning", GST_LEVEL_WARNING},
                {"info", GST_LEVEL_INFO},
                {"debug", GST_LEVEL_DEBUG}};
  for (const auto &row : levels) {
    if (name != row.name) continue;
    const GstLogFunction print = [](GstDebugCategory *, GstDebugLevel level, const gchar *,
                                    const gchar *, gint, GObject *, GstDebugMessage *message,
                                    gpointer) {
      std::fprintf(stderr, "%s %s\n", gst_debug_level_get_name(level),
                   gst_debug_message_get(message));
    };
    g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
    gst_init(nullptr, nullptr);
    gst_debug_remove_log_function(gst_debug_log_default);
    gst_debug_add_log_function(print, nullptr, nullptr);
    gst_debug_set_default_threshold(row.level);
    return true;
  }
  return wrong("--log-level is error, warning, info or debug.");
}

int fail(const Error &error) {
  std::fprintf(stderr, "rtc-server: %s\n", error.message.c_str());
  return 1;
}

void wait_for_signal() {
  const auto loop = rtc::adopt(g_main_loop_new(nullptr, FALSE));
  for (const int number : {SIGINT, SIGTERM})
    g_unix_signal_add(
        number,
        [](gpointer data) -> gboolean {
          g_main_loop_quit(static_cast<GMainLoop *>(data));
          return G_SOURCE_CONTINUE;
        },
        loop.get());
  g_main_loop_run(loop.get());
}

}  // namespace

int main(int argc, char **argv) {
  Options options;
  if (const auto parsed = parse(argc, argv, options); !parsed) return fail(parsed.error());
  if (options.version) return std::printf("rtc-server %s\n", RTC_VERSION), 0;
  const auto log = set_up_log(options.log_level ? options.log_level : "warning");
  if (!log) return fail(log.error());
  const auto settings = to_settings(options);
  if (!settings) return fail(settings.error());

  rtc::EventLoop loop("rtc-server");
  Result<std::unique_ptr<rtc::Server>> server = Error{};
  loop.call([&] { server = rtc::Server::start(loop, *settings); });
  if (!server) return fail(server.error());
  std::printf("Listening on %s\n", (*server)->page_url().c_str());
  std::fflush(stdout);
  wait_for_signal();
  loop.call([&] { server->reset(); });
  return 0;
}
