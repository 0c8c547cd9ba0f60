// rtc-play: streams a recording in an endless loop to browsers.
#include <glib/gstdio.h>
#include <gst/gst.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/text.hpp"
#include "player.hpp"

namespace {

struct Options {
  rtc::CharPtr listen, uri, stream, token_file;
  int duration = 0;
  int max_private = 0;
  bool once = false, decode = false, alone = false;
};

int fail(const std::string &message, const std::string &detail = {}) {
  std::fprintf(stderr, "rtc-play: %s\n", message.c_str());
  if (!detail.empty()) std::fprintf(stderr, "  (%s)\n", detail.c_str());
  return 1;
}

// Fills `options`; an Error says what was wrong with the command line.
rtc::Result<bool> parse(int *argc, char ***argv, Options &options) {
  gchar *listen = nullptr, *uri = nullptr, *stream = nullptr, *token_file = nullptr;
  gboolean once = FALSE, decode = FALSE, alone = FALSE;
  const GOptionEntry entries[] = {
      {"listen", 0, 0, G_OPTION_ARG_STRING, &listen,
       "Serve the page and signaling here (without it and --uri: the server on 127.0.0.1:8080, or "
       "become it)",
       "HOST:PORT"},
      {"uri", 0, 0, G_OPTION_ARG_STRING, &uri,
       "Publish through the server at this address, e.g. ws://host:8080/", "URI"},
      {"stream", 0, 0, G_OPTION_ARG_STRING, &stream,
       "The name viewers see (default: the name of the file)", "NAME"},
      {"duration", 0, 0, G_OPTION_ARG_INT, &options.duration,
       "End after this time (default: never)", "SECONDS"},
      {"once", 0, 0, G_OPTION_ARG_NONE, &once, "End with the recording instead of beginning again",
       nullptr},
      {"transcode", 0, 0, G_OPTION_ARG_NONE, &decode,
       "Encode anew even what browsers take as it is", nullptr},
      {"private", 0, 0, G_OPTION_ARG_NONE, &alone,
       "Each viewer has a timeline of its own: it pauses and seeks for itself alone", nullptr},
      {"max-private", 0, 0, G_OPTION_ARG_INT, &options.max_private,
       "Most viewers at a time with --private (default: 16)", "NUMBER"},
      {"token-file", 0, 0, G_OPTION_ARG_FILENAME, &token_file,
       "File with the token the server asks for", "FILE"},
      {}};
  GOptionContext *context = g_option_context_new("FILE|URI");
  g_option_context_set_summary(
      context,
      "Streams a recording in an endless loop to browsers and other WebRTC viewers.\n"
      "What browsers take goes through untouched; all else is encoded again.");
  g_option_context_add_main_entries(context, entries, nullptr);
  g_option_context_add_group(context, gst_init_get_option_group());
  GError *raw_error = nullptr;
  const bool parsed = g_option_context_parse(context, argc, argv, &raw_error);
  g_option_context_free(context);
  const rtc::ErrorPtr error(raw_error);
  options.listen.reset(listen);
  options.uri.reset(uri);
  options.stream.reset(stream);
  options.token_file.reset(token_file);
  options.once = once;
  options.decode = decode;
  options.alone = alone;
  if (!parsed)
    return rtc::Error{rtc::Error::Kind::settings,
                      std::string(error->message) + "; see rtc-play --help", ""};
  if (*argc != 2)
    return rtc::Error{rtc::Error::Kind::settings,
                      "Give one recording, a file or a URI; see rtc-play --help", ""};
  if (listen && uri)
    return rtc::Error{rtc::Error::Kind::settings,
                      "--listen and --uri exclude each other: serve here, or publish there", ""};
  if (options.duration < 0)
    return rtc::Error{rtc::Error::Kind::settings, "--duration is a number of seconds above 0", ""};
  if (options.max_private < 0 || (options.max_private > 0 && !alone))
    return rtc::Error{rtc::Error::Kind::settings,
                      "--max-private is a number above 0, and goes with --private", ""};
  if (alone && once)
    return rtc::Error{rtc::Error::Kind::settings,
                      "--private and --once exclude each other: no end is that of all viewers", ""};
  return true;
}

// A path becomes a file URI once it is known that it can be read.
rtc::Result<std::string> to_uri(const char *argument) {
  if (gst_uri_is_valid(argument)) return std::string(argument);
  if (g_file_test(argument, G_FILE_TEST_IS_DIR))
    return rtc::Error{rtc::Error::Kind::settings,
                      rtc::format("%s is a folder. Remedy: give a recording in it", argument), ""};
  if (g_access(argument, R_OK) != 0)
    return rtc::Error{
        rtc::Error::Kind::not_found,
        rtc::format("%s cannot be read: %s. Remedy: check the path and its permissions", argument,
                    g_strerror(errno)),
        ""};
  GError *raw_error = nullptr;
  const rtc::CharPtr uri(gst_filename_to_uri(argument, &raw_error));
  const rtc::ErrorPtr error(raw_error);
  if (!uri) return rtc::Error{rtc::Error::Kind::settings, error->message, argument};
  return std::string(uri.get());
}

// film for /path/film.webm and http://host/film.mp4?x=y
std::string stream_name(const char *argument) {
  std::string name(argument);
  if (gst_uri_is_valid(argument)) name = name.substr(0, name.find_first_of("?#"));
  name = rtc::CharPtr(g_path_get_basename(name.c_str())).get();
  const auto dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

rtc::Result<std::string> read_token(const char *file) {
  std::ifstream stream(file);
  std::string token;
  if (!std::getline(stream, token) || token.empty())
    return rtc::Error{rtc::Error::Kind::settings, rtc::format("There is no token in %s", file), ""};
  return token;
}

}  // namespace

int main(int argc, char **argv) {
  // Lines are for a person who waits for them, also through a pipe.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  Options options;
  if (const auto parsed = parse(&argc, &argv, options); !parsed)
    return fail(parsed.error().message);

  rtc::PlayerSettings settings;
  const auto uri = to_uri(argv[1]);
  if (!uri) return fail(uri.error().message, uri.error().detail);
  settings.uri = *uri;
  settings.stream = options.stream ? options.stream.get() : stream_name(argv[1]);
  if (options.listen) settings.listen = options.listen.get();
  if (options.uri) settings.signaling_uri = options.uri.get();
  if (options.token_file) {
    const auto token = read_token(options.token_file.get());
    if (!token) return fail(token.error().message);
    settings.token = *token;
  }
  settings.once = options.once;
  settings.decode = options.decode;
  if (options.alone)
    settings.max_private = options.max_private ? unsigned(options.max_private) : 16;
  settings.seconds = unsigned(options.duration);

  auto player = rtc::Player::make(std::move(settings));
  if (!player) return fail(player.error().message, player.error().detail);
  return (*player)->run();
}
