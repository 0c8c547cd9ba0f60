#include "track_plan.hpp"

#include <gst/pbutils/pbutils.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace rtc {

namespace {

// What every current browser decodes. H.264 above main is left to hardware in some of them.
constexpr const char *browsers_take[] = {
    "video/x-vp8",
    "video/x-vp9, profile=(string)0",
    "video/x-av1, profile=(string)main",
    "video/x-h264, profile=(string){ constrained-baseline, baseline, main }",
    "audio/x-opus, channel-mapping-family=(int)0, channels=(int)[ 1, 2 ]",
};

// What two cores decode and encode in real time.
constexpr int most_width = 1280;
constexpr int most_height = 720;
constexpr int most_fps = 30;

constexpr struct {
  const char *tag;
  const char *direction;
  bool sideways;
} orientations[] = {
    {"rotate-90", "90r", true},         {"rotate-180", "180", false},
    {"rotate-270", "90l", true},        {"flip-rotate-0", "horiz", false},
    {"flip-rotate-90", "ul-lr", true},  {"flip-rotate-180", "vert", false},
    {"flip-rotate-270", "ur-ll", true},
};

bool is_codec_for_browsers(GstCaps *caps) {
  return std::any_of(std::begin(browsers_take), std::end(browsers_take), [&](const char *row) {
    const auto taken = adopt(gst_caps_from_string(row));
    return gst_caps_is_subset(caps, taken.get());
  });
}

// Why browsers would not play it as it is; empty where they do.
std::string obstacle(const TrackFacts &facts, GstCaps *accepted, bool decode) {
  if (decode) return "as asked for";
  if (!is_codec_for_browsers(facts.caps.get())) return "browsers do not take it";
  if (facts.reordered) return "browsers do not take B-frames";
  if (!facts.orientation.empty() && facts.orientation != "rotate-0") return "it is to be turned";
  if (accepted && !gst_caps_can_intersect(facts.caps.get(), accepted))
    return "the sink does not take it";
  return {};
}

std::string describe(const TrackFacts &facts) {
  const CharPtr codec(gst_pb_utils_get_codec_description(facts.caps.get()));
  const GstStructure *s = gst_caps_get_structure(facts.caps.get(), 0);
  std::string text = codec ? codec.get() : gst_structure_get_name(s);
  int width = 0, height = 0, rate = 0;
  if (gst_structure_get_int(s, "width", &width) && gst_structure_get_int(s, "height", &height))
    text += format(" %dx%d", width, height);
  if (gst_structure_get_int(s, "rate", &rate)) text += format(" %d Hz", rate);
  return text;
}

bool has_decoder(GstCaps *caps) {
  GList *decoders =
      gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_DECODER, GST_RANK_MARGINAL);
  GList *fitting = gst_element_factory_list_filter(decoders, caps, GST_PAD_SINK, FALSE);
  const bool found = fitting != nullptr;
  gst_plugin_feature_list_free(decoders);
  gst_plugin_feature_list_free(fitting);
  return found;
}

struct Size {
  int width;
  int height;
};

// The size in square pixels, made smaller where it is above the limit; even, as encoders want it.
Size limited_size(const GstStructure *s, bool sideways) {
  int width = 0, height = 0, numerator = 1, denominator = 1;
  if (!gst_structure_get_int(s, "width", &width) || !gst_structure_get_int(s, "height", &height))
    return {0, 0};
  gst_structure_get_fraction(s, "pixel-aspect-ratio", &numerator, &denominator);
  if (numerator <= 0 || denominator <= 0) numerator = denominator = 1;
  const double wide = double(width) * numerator / denominator;
  const bool upright = (wide < height) != sideways;
  const bool turned_box = upright != sideways;  // the box as seen before turning
  const double most_x = turned_box ? most_height : most_width;
  const double most_y = turned_box ? most_width : most_height;
  const double scale = std::min({1.0, most_x / wide, most_y / height});
  const auto even = [](double value) { return std::max(2, int(std::lround(value / 2)) * 2); };
  return {even(wide * scale), even(height * scale)};
}

void plan_video_decoder(const TrackFacts &facts, TrackPlan &plan) {
  const GstStructure *s = gst_caps_get_structure(facts.caps.get(), 0);
  const auto *orientation =
      std::find_if(std::begin(orientations), std::end(orientations),
                   [&](const auto &row) { return facts.orientation == row.tag; });
  const bool turn = orientation != std::end(orientations);
  const auto size = limited_size(s, turn && orientation->sideways);
  int numerator = 0, denominator = 1, width = 0;
  gst_structure_get_fraction(s, "framerate", &numerator, &denominator);
  gst_structure_get_int(s, "width", &width);
  const double fps = numerator > 0 ? double(numerator) / denominator : facts.measured_fps;
  // Half a frame of tolerance: variable rates measure a little above what they are.
  const bool too_fast = fps > most_fps + 0.5;

  plan.decoder = "decodebin ! deinterlace fields=top";
  if (too_fast)
    plan.decoder += format(
        " ! videorate drop-only=true ! capsfilter caps=\"video/x-raw,framerate=%d/1\"", most_fps);
  plan.decoder +=
      " ! videoconvertscale ! capsfilter caps=\"video/x-raw,format=I420,pixel-aspect-ratio=1/1";
  if (size.width > 0) plan.decoder += format(",width=%d,height=%d", size.width, size.height);
  plan.decoder += "\"";
  if (turn) plan.decoder += format(" ! videoflip video-direction=%s", orientation->direction);
  if (size.width > 0 && size.width < width)
    plan.text += format(", made smaller to %dx%d", size.width, size.height);
  if (too_fast) plan.text += format(", %.4g to %d frames a second", fps, most_fps);
}

}  // namespace

Result<TrackPlan> plan_track(const TrackFacts &facts, GstCaps *accepted, bool decode) {
  TrackPlan plan;
  plan.kind = facts.kind;
  const char *name = facts.kind == TrackKind::video ? "Video" : "Audio";
  const auto why = obstacle(facts, accepted, decode);
  const auto what = describe(facts);
  if (why.empty()) {
    plan.untouched = true;
    plan.text = format("%s: %s, goes through untouched", name, what.c_str());
    return plan;
  }
  if (!has_decoder(facts.caps.get())) {
    const CharPtr decoder(gst_pb_utils_get_decoder_description(facts.caps.get()));
    return Error{
        Error::Kind::missing_element,
        format(
            "The track %s cannot be played: no installed plugin is a %s. Remedy: apt-get install "
            "gstreamer1.0-libav gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly",
            what.c_str(), decoder.get()),
        ""};
  }
  plan.text = format("%s: %s, encoded again (%s)", name, what.c_str(), why.c_str());
  if (facts.kind == TrackKind::video)
    plan_video_decoder(facts, plan);
  else
    plan.decoder =
        "decodebin ! audioconvert name=audio-in ! audioresample ! "
        "capsfilter caps=\"audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=[1,2]\"";
  return plan;
}

}  // namespace rtc
