// rtc-bench watch: receives a stream with the wall clock on every frame through rtcsrc, decodes it,
// and says after how many milliseconds each frame was there: {"ms": [...]}.
#include <gst/app/app.h>
#include <gst/gst.h>

#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "base/text.hpp"
#include "child_link.hpp"
#include "commands.hpp"
#include "time_code.hpp"

namespace rtc::bench {

namespace {

constexpr auto first_frame_deadline = seconds(20);
// The jitter buffer holds the first packets back, later ones only when one before them is missing:
// what is measured is the flow after the start, and nothing waits for a playout time.
constexpr auto settle_time = seconds(2);

struct Frames {
  std::mutex mutex;  // guards ms
  std::vector<double> ms;

  size_t size() {
    std::lock_guard lock(mutex);
    return ms.size();
  }
};

GstFlowReturn new_frame(GstAppSink *sink, gpointer data) {
  const auto now = time_code_now();
  const auto sample = adopt(gst_app_sink_pull_sample(sink));
  auto *buffer = sample ? gst_sample_get_buffer(sample.get()) : nullptr;
  GstMapInfo map;
  if (!buffer || !gst_buffer_map(buffer, &map, GST_MAP_READ)) return GST_FLOW_OK;
  const auto *format = gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0);
  int width = 0;
  gst_structure_get_int(format, "width", &width);
  const auto code = width >= time_code::width && map.size > 640u * time_code::block_size
                        ? read_time_code(map.data, static_cast<size_t>(width))
                        : std::nullopt;
  gst_buffer_unmap(buffer, &map);
  if (!code) return GST_FLOW_OK;
  auto &frames = *static_cast<Frames *>(data);
  std::lock_guard lock(frames.mutex);
  frames.ms.push_back(time_code_difference(now, *code));
  return GST_FLOW_OK;
}

}  // namespace

int watch_command(int argc, char **argv) {
  if (argc != 2) return complain({Error::Kind::settings, "watch URI SECONDS", ""});
  become_child();
  gst_init(nullptr, nullptr);
  init_log();
  GError *error = nullptr;
  const auto pipeline = sink(gst_parse_launch(
      format("rtcsrc uri=%s latency=100 ! videoconvert ! video/x-raw,format=I420 ! "
             "appsink name=frames sync=false",
             argv[0])
          .c_str(),
      &error));
  if (const ErrorPtr owned(error); owned)
    return complain({Error::Kind::missing_element,
                     std::string("rtcsrc cannot be used: ") + owned->message +
                         "; set GST_PLUGIN_PATH to the folder it was built in.",
                     ""});
  Frames frames;
  const auto output = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "frames"));
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = new_frame;
  gst_app_sink_set_callbacks(GST_APP_SINK(output.get()), &callbacks, &frames, nullptr);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const auto deadline = Clock::now() + first_frame_deadline;
  while (frames.size() == 0 && Clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(10));
  std::this_thread::sleep_for(settle_time);
  const auto skipped = frames.size();
  std::this_thread::sleep_for(seconds(atoi(argv[1])));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);

  const auto json = adopt(json_builder_new());
  json_builder_begin_object(json.get());
  json_builder_set_member_name(json.get(), "ms");
  json_builder_begin_array(json.get());
  for (size_t i = skipped; i < frames.ms.size(); i++)
    json_builder_add_double_value(json.get(), frames.ms[i]);
  json_builder_end_array(json.get());
  json_builder_end_object(json.get());
  say(json.get());
  return 0;
}

}  // namespace rtc::bench
