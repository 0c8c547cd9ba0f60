// What the GObject faces of the elements that publish have in common: properties, pad templates,
// and the pads as children of GstChildProxy.
#pragma once

#include "gstrtcsinkenums.hpp"
#include "properties.hpp"
#include "publishing_element.hpp"

namespace rtc {

// The request pads "video_%u", "audio_%u" and "data_%u", and what comes back: "data_src_%u".
void add_publishing_templates(GstElementClass *klass);

// An action signal that returns a boolean.
template <typename Instance, auto method, typename... Types>
void add_action(const char *name, GType type, Types... types) {
  g_signal_new_class_handler(name, type, GSignalFlags(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
                             G_CALLBACK(&Vfunc<method>::template call<Instance>), nullptr, nullptr,
                             nullptr, G_TYPE_BOOLEAN, sizeof...(types), types...);
}

template <typename Impl>
std::vector<PropertyRow<Impl>> publishing_rows() {
  auto table = connection_rows<Impl>();
  for (auto row : {
           string_row<Impl, &SinkSettings::video_codecs>(
               "video-codecs",
               "Codecs raw video is offered in, by preference, separated by commas.",
               "VP8,H264,VP9,AV1"),
           string_row<Impl, &SinkSettings::audio_codecs>(
               "audio-codecs",
               "Codecs raw audio is offered in, by preference, separated by commas.", "OPUS"),
           uint_row<Impl, &SinkSettings::video_bitrate>(
               "video-bitrate",
               "Rate in bit/s of video encoded in the size that comes in; 0: by size and frame "
               "rate. Renditions without a rate of their own get a part of it.",
               0, 1000000000, 0),
           string_row<Impl, &SinkSettings::renditions>(
               "renditions",
               "Sizes and rates that raw video is encoded in, each while viewers use it: "
               "WIDTHxHEIGHT, and if wanted /FRAMES per second and @BITRATE in bit/s with k or "
               "M, separated by commas: 1280x720@2500k,640x360@700k,320x180/15@150k (8 at most, "
               "10k to 1000M). Sizes are boxes for the picture, which keeps its aspect ratio and "
               "is never made larger. Unset: the input's size, a half, a quarter and an eighth "
               "of it, down to 320x180. A video pad may have its own."),
           uint_row<Impl, &SinkSettings::audio_bitrate>(
               "audio-bitrate",
               "Rate of encoded audio in bit/s. With congestion control less where the path to "
               "the viewers is narrow: a fourth of what it takes, at least 16000.",
               6000, 510000, 64000),
           uint_row<Impl, &SinkSettings::keyframe_interval>(
               "keyframe-interval",
               "Longest time between keyframes of encoded video in ms; viewers get one at once "
               "when they need it.",
               100, 3600000, 60000),
           string_row<Impl, &SinkSettings::data_labels>(
               "data-labels",
               "Labels of the data channels that become pads when viewers write to them, "
               "separated by commas; others are closed. Unset: all."),
           uint_row<Impl, &SinkSettings::linger>(
               "linger", "How long in ms an encoder goes on after its last viewer left.", 0,
               3600000, 5000),
       })
    table.push_back(row);
  table.push_back(
      {g_param_spec_enum("congestion-control", "congestion-control",
                         "Whether encoders follow what the paths to the viewers take; what "
                         "comes in encoded is passed on as it is.",
                         congestion_control_type(), congestion_control_gcc, read_write),
       [](Impl &self, const GValue *value) {
         self.settings.set(&SinkSettings::control_rate,
                           g_value_get_enum(value) == congestion_control_gcc);
       },
       [](Impl &self, GValue *value) {
         g_value_set_enum(value, self.settings.copy().control_rate ? congestion_control_gcc
                                                                   : congestion_control_none);
       }});
  table.push_back(
      {g_param_spec_enum(
           "fec", "fec",
           "Whether parity goes beside the video (FlexFEC, as browsers built on libwebrtc take "
           "it), "
           "from which viewers make what was lost without waiting until it is sent again. auto, "
           "with "
           "congestion-control=gcc: where the path loses packets, from a round trip of 20 ms on, "
           "in "
           "full from 100 ms on: about three parity packets for each one lost, within the rate of "
           "the path. What passes through encoded has as much as the path has room for.",
           protection_type(), int(Protection::automatic), read_write),
       [](Impl &self, const GValue *value) {
         self.settings.set(&SinkSettings::protection, Protection(g_value_get_enum(value)));
       },
       [](Impl &self, GValue *value) {
         g_value_set_enum(value, int(self.settings.copy().protection));
       }});
  table.push_back(
      {g_param_spec_string("url", "url", "Address of the room's page in a browser, once known.",
                           nullptr, read_only),
       nullptr, [](Impl &self, GValue *value) { g_value_set_string(value, self.url().c_str()); }});
  table.push_back(
      {g_param_spec_boxed("stats", "stats",
                          "Statistics of groups and sessions with W3C names; gathered when read, "
                          "which takes up to a second.",
                          GST_TYPE_STRUCTURE, read_only),
       nullptr,
       [](Impl &self, GValue *value) { g_value_take_boxed(value, self.stats().release()); }});
  return table;
}

}  // namespace rtc
