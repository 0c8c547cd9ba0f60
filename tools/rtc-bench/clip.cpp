#include "clip.hpp"

#include <glib/gstdio.h>

#include <chrono>

#include "base/text.hpp"

namespace rtc::bench {

namespace {

// Snow cannot be compressed: its size sets the rate.
constexpr auto standard_pipeline =
    "compositor name=mix sink_0::zorder=1 sink_1::zorder=2 sink_1::xpos=64 sink_1::ypos=64 ! "
    "video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! "
    "vp8enc deadline=1 cpu-used=8 end-usage=cbr target-bitrate=1795000 keyframe-max-dist=150 "
    "threads=2 lag-in-frames=0 undershoot=50 overshoot=10 max-quantizer=56 ! webmmux ! "
    "filesink name=file "
    "videotestsrc num-buffers=300 pattern=ball ! "
    "video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! mix.sink_0 "
    "videotestsrc num-buffers=300 pattern=snow ! "
    "video/x-raw,format=I420,width=128,height=128,framerate=30/1 ! mix.sink_1";
constexpr auto standard_name = "standard-1.webm";

Error wrong(std::string message, std::string detail) {
  return {Error::Kind::failed, std::move(message), std::move(detail)};
}

// Runs to the end of the stream; empty when all went well.
std::string run_to_end(GstElement *pipeline, GstClockTime deadline) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  const auto bus = adopt(gst_element_get_bus(pipeline));
  const auto message = adopt(gst_bus_timed_pop_filtered(
      bus.get(), deadline, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  std::string text;
  if (!message) {
    text = "it took too long";
  } else if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
    GError *error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    text = ErrorPtr(error)->message;
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  return text;
}

Result<Ref<GstElement>> parse(const char *text) {
  GError *error = nullptr;
  auto pipeline = sink(gst_parse_launch(text, &error));
  if (const ErrorPtr owned(error); owned)
    return wrong(std::string("A GStreamer element is missing: ") + owned->message +
                     "; install gstreamer1.0-plugins-base and gstreamer1.0-plugins-good.",
                 text);
  return pipeline;
}

}  // namespace

Result<std::string> standard_clip() {
  const CharPtr folder(g_build_filename(g_get_user_cache_dir(), "gst-rtc", "bench", nullptr));
  const CharPtr file(g_build_filename(folder.get(), standard_name, nullptr));
  if (g_file_test(file.get(), G_FILE_TEST_EXISTS)) return std::string(file.get());
  if (g_mkdir_with_parents(folder.get(), 0755) != 0)
    return wrong(
        format("The folder %s cannot be made; give a recording with --input.", folder.get()),
        "mkdir");
  fprintf(stderr, "Making the recording %s once...\n", file.get());
  auto pipeline = parse(standard_pipeline);
  if (!pipeline) return pipeline.error();
  // Another run must never see half a file.
  const auto part = format("%s.%d", file.get(), static_cast<int>(getpid()));
  const auto writer = adopt(gst_bin_get_by_name(GST_BIN(pipeline->get()), "file"));
  g_object_set(writer.get(), "location", part.c_str(), nullptr);
  const auto failed = run_to_end(pipeline->get(), 300 * GST_SECOND);
  if (!failed.empty() || g_rename(part.c_str(), file.get()) != 0) {
    g_unlink(part.c_str());
    return wrong("The recording could not be made (" + failed + "); give one with --input.",
                 failed);
  }
  return std::string(file.get());
}

Result<Clip> read_clip(const std::string &file) {
  auto pipeline = parse(
      "filesrc name=file ! matroskademux name=demux demux.video_0 ! appsink name=frames "
      "sync=false");
  if (!pipeline) return pipeline.error();
  const auto reader = adopt(gst_bin_get_by_name(GST_BIN(pipeline->get()), "file"));
  g_object_set(reader.get(), "location", file.c_str(), nullptr);
  const auto frames = adopt(gst_bin_get_by_name(GST_BIN(pipeline->get()), "frames"));
  Clip clip;
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = [](GstAppSink *sink, gpointer data) {
    auto &result = *static_cast<Clip *>(data);
    const auto sample = adopt(gst_app_sink_pull_sample(sink));
    if (!sample) return GST_FLOW_EOS;
    result.caps = share(gst_sample_get_caps(sample.get()));
    result.frames.push_back(share(gst_sample_get_buffer(sample.get())));
    return GST_FLOW_OK;
  };
  gst_app_sink_set_callbacks(GST_APP_SINK(frames.get()), &callbacks, &clip, nullptr);
  const auto failed = run_to_end(pipeline->get(), 60 * GST_SECOND);
  if (!failed.empty() || clip.frames.size() < 2)
    return wrong(format("%s has no video track that can be read (%s); a WebM or Matroska file is "
                        "needed.",
                        file.c_str(), failed.c_str()),
                 failed);

  const auto start = GST_BUFFER_PTS(clip.frames.front().get());
  for (auto &frame : clip.frames) {
    frame = adopt(gst_buffer_copy(frame.get()));
    GST_BUFFER_PTS(frame.get()) -= start;
    GST_BUFFER_DTS(frame.get()) = GST_CLOCK_TIME_NONE;
    clip.bytes += gst_buffer_get_size(frame.get());
  }
  const auto last = GST_BUFFER_PTS(clip.frames.back().get());
  clip.duration = last + last / (clip.frames.size() - 1);
  return clip;
}

ClipPlayer::ClipPlayer(Clip clip, GstAppSrc *source)
    : clip_(std::move(clip)), source_(share(source)), thread_([this] { play(); }) {}

ClipPlayer::~ClipPlayer() {
  stopping_ = true;
  thread_.join();
}

void ClipPlayer::play() {
  const auto element = GST_ELEMENT(source_.get());
  // Timestamps follow the running time of the pipeline, which begins when it plays.
  GstState state = GST_STATE_NULL;
  while (state != GST_STATE_PLAYING) {
    if (stopping_) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    gst_element_get_state(element, &state, nullptr, 0);
  }
  const auto clock = adopt(gst_element_get_clock(element));
  const auto start = std::chrono::steady_clock::now();
  const auto offset = gst_clock_get_time(clock.get()) - gst_element_get_base_time(element);
  for (GstClockTime turn = 0; !stopping_; turn++) {
    for (const auto &frame : clip_.frames) {
      const auto time = turn * clip_.duration + GST_BUFFER_PTS(frame.get());
      std::this_thread::sleep_until(start + std::chrono::nanoseconds(time));
      if (stopping_) return;
      auto copy = adopt(gst_buffer_copy(frame.get()));
      GST_BUFFER_PTS(copy.get()) = offset + time;
      if (gst_app_src_push_buffer(source_.get(), copy.release()) != GST_FLOW_OK) return;
    }
  }
}

}  // namespace rtc::bench
