// rtc-bench publish: a publisher process, rtcsink or one of those it is compared with.
// It sends a recording as it is, or encodes ("rtcsink-raw") or sends ("clock") raw video with the
// wall clock painted on every frame. Says {"uri": ..., "pid": ...} once viewers can come.
#include <gst/app/app.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include <optional>
#include <thread>

#include "base/log.hpp"
#include "child_link.hpp"
#include "clip.hpp"
#include "commands.hpp"
#include "publisher.hpp"
#include "time_code.hpp"

namespace rtc::bench {

namespace {

constexpr auto clip_source = "appsrc name=source is-live=true format=time";
constexpr auto clock_source =
    "videotestsrc name=source is-live=true pattern=ball ! "
    "video/x-raw,format=I420,width=640,height=360,framerate=30/1";
constexpr auto raw_source =
    "videotestsrc is-live=true pattern=smpte horizontal-speed=4 ! "
    "video/x-raw,format=I420,width=1280,height=720,framerate=30/1";
constexpr auto start_deadline = seconds(20);

GstPadProbeReturn paint(GstPad *, GstPadProbeInfo *info, gpointer) {
  auto *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_DATA(info) = buffer;
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READWRITE)) return GST_PAD_PROBE_OK;
  paint_time_code(map.data, 640, time_code_now());
  gst_buffer_unmap(buffer, &map);
  return GST_PAD_PROBE_OK;
}

int serve(Publisher &publisher) {
  if (gst_element_set_state(publisher.pipeline(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    return complain({Error::Kind::failed, "The publisher does not start; see GST_DEBUG=2.", ""});
  const auto deadline = Clock::now() + start_deadline;
  while (publisher.uri().empty() && Clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(20));
  const auto json = adopt(json_builder_new());
  json_builder_begin_object(json.get());
  json_builder_set_member_name(json.get(), "uri");
  json_builder_add_string_value(json.get(), publisher.uri().c_str());
  json_builder_set_member_name(json.get(), "pid");
  json_builder_add_int_value(json.get(), publisher.process());
  json_builder_end_object(json.get());
  say(json.get());
  while (!next_word().empty()) {
  }
  return 0;
}

int publish_clock(const std::string &kind) {
  auto publisher = make_publisher(kind, clock_source, *find_codec("VP8"), true);
  if (!publisher) return complain(publisher.error());
  const auto source = adopt(gst_bin_get_by_name(GST_BIN((*publisher)->pipeline()), "source"));
  const auto pad = adopt(gst_element_get_static_pad(source.get(), "src"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, paint, nullptr, nullptr);
  return serve(**publisher);
}

int publish_raw() {
  auto publisher = make_publisher("rtcsink", raw_source, *find_codec("VP8"), true);
  return publisher ? serve(**publisher) : complain(publisher.error());
}

int publish_clip(const std::string &kind, const char *file) {
  auto clip = read_clip(file);
  if (!clip) return complain(clip.error());
  const auto *codec = codec_of_caps(clip->caps.get());
  if (!codec)
    return complain({Error::Kind::settings,
                     "The recording's codec cannot be sent over WebRTC; give VP8, VP9, H.264 or "
                     "AV1.",
                     ""});
  auto publisher = make_publisher(kind, clip_source, *codec, false);
  if (!publisher) return complain(publisher.error());
  const auto source = adopt(gst_bin_get_by_name(GST_BIN((*publisher)->pipeline()), "source"));
  g_object_set(source.get(), "caps", clip->caps.get(), nullptr);
  const ClipPlayer player(std::move(*clip), GST_APP_SRC(source.get()));
  return serve(**publisher);
}

}  // namespace

int publish_command(int argc, char **argv) {
  if (argc != 2) return complain({Error::Kind::settings, "publish KIND FILE|clock", ""});
  become_child();
  gst_init(nullptr, nullptr);
  init_log();
  if (std::string(argv[0]) == "rtcsink-raw") return publish_raw();
  return std::string(argv[1]) == "clock" ? publish_clock(argv[0]) : publish_clip(argv[0], argv[1]);
}

}  // namespace rtc::bench
