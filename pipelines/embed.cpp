// An application that publishes with rtcsink and follows who is watching. The Python one is
// embed.py.
//
//   build/pipelines/embed [host:port] [seconds]
//
// You must see: "Watch at http://...", there a moving ball with a tone, and for every viewer a line
// when it comes and one when it goes.
#include <glib-unix.h>
#include <gst/gst.h>

#include <cstdio>
#include <cstdlib>

namespace {

gboolean on_message(GstBus *, GstMessage *message, gpointer data) {
  auto *loop = static_cast<GMainLoop *>(data);
  const GstStructure *event = gst_message_get_structure(message);
  guint viewers = 0;
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ELEMENT:
      gst_structure_get_uint(event, "viewers", &viewers);
      if (gst_structure_has_name(event, "rtc-ready"))
        std::printf("Watch at %s\n", gst_structure_get_string(event, "url"));
      else if (gst_structure_has_name(event, "rtc-viewer-added"))
        std::printf("A viewer came, now %u\n", viewers);
      else if (gst_structure_has_name(event, "rtc-viewer-removed"))
        std::printf("A viewer went, now %u\n", viewers);
      break;
    case GST_MESSAGE_ERROR: {
      GError *error = nullptr;
      gst_message_parse_error(message, &error, nullptr);
      std::fprintf(stderr, "%s\n", error->message);
      g_error_free(error);
      g_main_loop_quit(loop);
      break;
    }
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

}  // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  GError *error = nullptr;
  GstElement *pipeline = gst_parse_launch(
      "rtcsink name=sink stream=embedded "
      "videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1 ! "
      "queue ! sink.video_0 "
      "audiotestsrc is-live=true volume=0.1 ! queue ! sink.audio_0",
      &error);
  if (!pipeline || error) {
    std::fprintf(stderr, "%s\n", error->message);
    return 1;
  }
  GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  g_object_set(sink, "listen", argc > 1 ? argv[1] : "127.0.0.1:8080", nullptr);
  gst_object_unref(sink);

  GMainLoop *loop = g_main_loop_new(nullptr, FALSE);
  GstBus *bus = gst_element_get_bus(pipeline);
  gst_bus_add_watch(bus, on_message, loop);
  const auto quit = [](gpointer data) -> gboolean {
    g_main_loop_quit(static_cast<GMainLoop *>(data));
    return G_SOURCE_REMOVE;
  };
  if (argc > 2) g_timeout_add_seconds(guint(std::atoi(argv[2])), quit, loop);
  g_unix_signal_add(SIGINT, quit, loop);

  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  g_main_loop_run(loop);

  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_bus_remove_watch(bus);
  gst_object_unref(bus);
  gst_object_unref(pipeline);
  g_main_loop_unref(loop);
  return 0;
}
