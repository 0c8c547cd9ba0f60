#include "media/encoder.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rtc {

namespace {
constexpr auto i420 = "videoconvert n-threads=2 ! video/x-raw,format=I420";
constexpr auto nv12 = "videoconvert n-threads=2 ! video/x-raw,format=(string){I420,NV12}";
constexpr auto audio_48k =
    "audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=(int){1,2},format=S16LE";
constexpr auto audio_8k = "audioconvert ! audioresample ! audio/x-raw,rate=8000,channels=1";
constexpr auto baseline = "video/x-h264,profile=constrained-baseline";
// A frame is skipped rather than the rate exceeded: what the coarsest picture takes may be more
// than a narrow path does.
constexpr auto vpx =
    "deadline=1 cpu-used=8 end-usage=cbr lag-in-frames=0 error-resilient=default min-quantizer=2 "
    "max-quantizer=63 "
    "undershoot=95 overshoot=15 buffer-size=600 buffer-initial-size=400 "
    "buffer-optimal-size=500 "
    "static-threshold=1 token-partitions=1 row-mt=true max-intra-bitrate=600 "
    "dropframe-threshold=30";
}  // namespace

const std::vector<Encoder> &encoders() {
  static const std::vector<Encoder> rows = {
      {"vp8enc", "VP8", "target-bitrate", 1, "keyframe-max-dist", vpx, i420, ""},
      {"v4l2vp8enc", "VP8", "", 1, "", "", nv12, ""},

      {"nvh264enc", "H264", "bitrate", 1000, "gop-size",
       "preset=low-latency-hq rc-mode=cbr zerolatency=true bframes=0", nv12, baseline},
      {"vah264enc", "H264", "bitrate", 1000, "key-int-max",
       "rate-control=cbr b-frames=0 ref-frames=1 target-usage=6", nv12, baseline},
      {"vah264lpenc", "H264", "bitrate", 1000, "key-int-max",
       "rate-control=cbr b-frames=0 ref-frames=1 target-usage=6", nv12, baseline},
      {"v4l2h264enc", "H264", "", 1, "", "", nv12,
       "video/x-h264,profile=constrained-baseline,level=(string)4"},
      {"x264enc", "H264", "bitrate", 1000, "key-int-max",
       "tune=zerolatency speed-preset=superfast bframes=0 byte-stream=true b-adapt=false "
       "vbv-buf-capacity=300 aud=false",
       nv12, baseline},
      {"openh264enc", "H264", "bitrate", 1, "gop-size",
       "complexity=low rate-control=bitrate usage-type=camera multi-thread=2", i420, baseline},

      {"vp9enc", "VP9", "target-bitrate", 1, "keyframe-max-dist", vpx, i420, ""},
      {"v4l2vp9enc", "VP9", "", 1, "", "", nv12, ""},

      {"nvav1enc", "AV1", "bitrate", 1000, "gop-size", "preset=p2 rc-mode=cbr zerolatency=true",
       nv12, ""},
      {"vaav1enc", "AV1", "bitrate", 1000, "key-int-max", "rate-control=cbr", nv12, ""},
      {"av1enc", "AV1", "target-bitrate", 1000, "keyframe-max-dist",
       "usage-profile=realtime cpu-used=10 end-usage=cbr lag-in-frames=0 row-mt=true", i420, ""},

      {"nvh265enc", "H265", "bitrate", 1000, "gop-size",
       "preset=low-latency-hq rc-mode=cbr zerolatency=true bframes=0", nv12, ""},
      {"vah265enc", "H265", "bitrate", 1000, "key-int-max", "rate-control=cbr b-frames=0", nv12,
       ""},
      {"x265enc", "H265", "bitrate", 1000, "key-int-max", "tune=zerolatency speed-preset=ultrafast",
       i420, ""},

      {"opusenc", "OPUS", "bitrate", 1, "",
       "inband-fec=true packet-loss-percentage=5 frame-size=20 audio-type=generic "
       "bitrate-type=constrained-vbr",
       audio_48k, ""},
      {"mulawenc", "PCMU", "", 1, "", "", audio_8k, ""},
      {"alawenc", "PCMA", "", 1, "", "", audio_8k, ""},
      {"avenc_g722", "G722", "", 1, "", "",
       "audioconvert ! audioresample ! audio/x-raw,rate=16000,channels=1", ""},
  };
  return rows;
}

const Encoder *find_encoder(const Codec &codec) {
  for (const auto &row : encoders())
    if (std::string_view(row.codec) == codec.name && is_installed(row.factory)) return &row;
  return nullptr;
}

std::string encoder_names(const Codec &codec) {
  std::vector<std::string> names;
  for (const auto &row : encoders())
    if (std::string_view(row.codec) == codec.name) names.emplace_back(row.factory);
  return join(names, ", ");
}

namespace {

bool has_property(GstElement *element, const char *name) {
  return g_object_class_find_property(G_OBJECT_GET_CLASS(element), name) != nullptr;
}

void set_property(GstElement *element, const char *name, unsigned value) {
  if (*name && has_property(element, name))
    gst_util_set_object_arg(G_OBJECT(element), name, std::to_string(value).c_str());
}

}  // namespace

void configure_encoder(GstElement *element, const Encoder &row, const EncoderOptions &options) {
  for (const auto &setting : split(row.settings, ' ')) {
    const auto equals = setting.find('=');
    const auto name = setting.substr(0, equals);
    if (has_property(element, name.c_str()))
      gst_util_set_object_arg(G_OBJECT(element), name.c_str(), setting.c_str() + equals + 1);
  }
  if (options.bitrate) set_encoder_bitrate(element, row, options.bitrate);
  if (options.keyframe_distance)
    set_property(element, row.keyframe_property, options.keyframe_distance);
  if (options.threads) set_property(element, "threads", options.threads);
}

unsigned encoder_threads(unsigned width, unsigned height, unsigned processors) {
  const auto pixels = width * height;
  if (pixels >= 1280 * 960 && processors >= 6) return 3;
  return pixels > 640 * 480 && processors >= 3 ? 2 : 1;
}

void set_encoder_bitrate(GstElement *element, const Encoder &row, unsigned bitrate) {
  set_property(element, row.bitrate_property, std::max(1u, bitrate / row.bitrate_unit));
}

void set_encoder_loss(GstElement *element, unsigned percent) {
  set_property(element, "packet-loss-percentage", percent);
}

void set_encoder_dtx(GstElement *element, bool on) { set_property(element, "dtx", on); }

bool has_encoder_dtx(GstElement *element) {
  gboolean on = FALSE;
  if (has_property(element, "dtx")) g_object_get(element, "dtx", &on, nullptr);
  return on;
}

}  // namespace rtc
