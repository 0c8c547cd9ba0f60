// rtc-server: the signaling server on its own. Reads the options, starts rtc::Server, waits for
// SIGINT or SIGTERM.
#include <glib-unix.h>
#include <gst/gst.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "base/ref.hpp"
#include "options.hpp"
#include "server/server.hpp"

namespace {

using rtc::Error;
using rtc::Result;

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
  return Error{Error::Kind::settings, "--log-level is error, warning, info or debug.", {}};
}

int fail(const Error &error) {
  std::fprintf(stderr, "rtc-server: %s\n", error.message.c_str());
  return 1;
}

// Runs until SIGINT or SIGTERM, also one that comes before run().
class Interruptible {
 public:
  Interruptible() {
    for (const int number : {SIGINT, SIGTERM})
      g_unix_signal_add(
          number,
          [](gpointer data) -> gboolean {
            g_main_loop_quit(static_cast<GMainLoop *>(data));
            return G_SOURCE_CONTINUE;
          },
          loop_.get());
  }
  void run() { g_main_loop_run(loop_.get()); }

 private:
  const rtc::Ref<GMainLoop> loop_ = rtc::adopt(g_main_loop_new(nullptr, FALSE));
};

}  // namespace

int main(int argc, char **argv) {
  const auto options = read_options(argc, argv);
  if (!options) return fail(options.error());
  if (options->version) return std::printf("rtc-server %s\n", RTC_VERSION), 0;
  const auto log = set_up_log(options->log_level);
  if (!log) return fail(log.error());

  Interruptible interruptible;
  rtc::EventLoop loop("rtc-server");
  Result<std::unique_ptr<rtc::Server>> server = Error{};
  loop.call([&] { server = rtc::Server::start(loop, options->server); });
  if (!server) return fail(server.error());
  std::printf("Listening on %s\n", (*server)->page_url().c_str());
  std::fflush(stdout);
  interruptible.run();
  loop.call([&] { server->reset(); });
  return 0;
}
