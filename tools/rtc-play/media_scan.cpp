#include "media_scan.hpp"

#include <gst/pbutils/pbutils.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>

#include "base/text.hpp"
#include "parsed_source.hpp"

namespace rtc {

namespace {

// Encoders with B-frames use them within the first frames of any moving picture; this is 5 s at 60
// fps.
constexpr int enough_frames = 300;
constexpr seconds live_settling{2};

struct Track {
  TrackFacts facts;
  int buffers = 0;
  int timed = 0;  // of them with a time: headers have none
  GstClockTimeDiff first = std::numeric_limits<GstClockTimeDiff>::max();
  GstClockTimeDiff last = std::numeric_limits<GstClockTimeDiff>::min();
  bool complete = false;
};

// Collects what the streaming threads see; a message on the bus says that it is enough.
class Scan {
 public:
  explicit Scan(GstElement *pipeline) : pipeline_(pipeline) {}

  void pad_added(GstBin *bin, GstPad *pad) {
    GstElement *sink = gst_element_factory_make("fakesink", nullptr);
    g_object_set(sink, "async", FALSE, "sync", FALSE, nullptr);
    gst_bin_add(bin, sink);
    gst_element_sync_state_with_parent(sink);
    if (Track *track = select(pad)) {
      const auto types =
          GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
                          GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
      struct Watch {
        Scan *scan;
        Track *track;
      };
      gst_pad_add_probe(
          pad, types,
          [](GstPad *p, GstPadProbeInfo *info, gpointer data) {
            auto *watch = static_cast<Watch *>(data);
            watch->scan->saw(p, info, *watch->track);
            return GST_PAD_PROBE_OK;
          },
          new Watch{this, track}, [](gpointer data) { delete static_cast<Watch *>(data); });
    }
    const auto sink_pad = adopt(gst_element_get_static_pad(sink, "sink"));
    gst_pad_link(pad, sink_pad.get());
  }

  MediaFacts facts() {
    std::lock_guard lock(mutex_);
    MediaFacts facts{{}, ignored_, std::numeric_limits<GstClockTimeDiff>::max(), false};
    for (auto &track : tracks_) {
      if (track->timed > 1 && track->last > track->first)
        track->facts.measured_fps =
            double(track->timed - 1) * GST_SECOND / double(track->last - track->first);
      facts.start = std::min(facts.start, track->first);
      facts.tracks.push_back(track->facts);
    }
    if (facts.start == std::numeric_limits<GstClockTimeDiff>::max()) facts.start = 0;
    return facts;
  }

 private:
  Track *select(GstPad *pad) {
    const auto caps = adopt(stream_caps(pad));
    const CharPtr codec(gst_pb_utils_get_codec_description(caps.get()));
    const char *name = gst_caps_is_any(caps.get()) || gst_caps_is_empty(caps.get())
                           ? ""
                           : gst_structure_get_name(gst_caps_get_structure(caps.get(), 0));
    const bool is_video = g_str_has_prefix(name, "video/") || g_str_has_prefix(name, "image/");
    const auto kind = is_video ? TrackKind::video : TrackKind::audio;
    std::lock_guard lock(mutex_);
    const bool taken = std::any_of(tracks_.begin(), tracks_.end(),
                                   [&](const auto &track) { return track->facts.kind == kind; });
    if (taken || !(is_video || g_str_has_prefix(name, "audio/"))) {
      ignored_.emplace_back(codec ? codec.get() : name);
      return nullptr;
    }
    tracks_.push_back(std::make_unique<Track>());
    tracks_.back()->facts.kind = kind;
    tracks_.back()->facts.caps = caps;
    return tracks_.back().get();
  }

  void saw(GstPad *pad, GstPadProbeInfo *info, Track &track) {
    std::lock_guard lock(mutex_);
    if (track.complete) return;
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
      saw_buffer(pad, GST_PAD_PROBE_INFO_BUFFER(info), track);
    } else if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
      GstBufferList *list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
      for (guint i = 0; i < gst_buffer_list_length(list); i++)
        saw_buffer(pad, gst_buffer_list_get(list, i), track);
    } else {
      saw_event(GST_PAD_PROBE_INFO_EVENT(info), track);
    }
    finish_if_complete();
  }

  void saw_buffer(GstPad *pad, GstBuffer *buffer, Track &track) {
    const auto event = adopt(gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0));
    if (event && GST_BUFFER_PTS_IS_VALID(buffer)) {
      const GstSegment *segment = nullptr;
      gst_event_parse_segment(event.get(), &segment);
      guint64 time = 0;
      const int sign =
          gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer), &time);
      const auto running = sign < 0 ? -GstClockTimeDiff(time) : GstClockTimeDiff(time);
      if (sign != 0) {
        if (running < track.last) track.facts.reordered = true;
        track.first = std::min(track.first, running);
        track.last = std::max(track.last, running);
        track.timed++;
      }
    }
    flowing_ = true;
    track.buffers++;
    const bool enough = track.facts.kind == TrackKind::audio && track.timed > 0;
    if (enough || track.buffers >= enough_frames) track.complete = true;
  }

  void saw_event(GstEvent *event, Track &track) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) flowing_ = track.complete = true;
    if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
      GstCaps *caps = nullptr;
      gst_event_parse_caps(event, &caps);
      track.facts.caps = share(caps);
    }
    if (GST_EVENT_TYPE(event) == GST_EVENT_TAG) {
      GstTagList *tags = nullptr;
      gst_event_parse_tag(event, &tags);
      gchar *orientation = nullptr;
      if (gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation))
        track.facts.orientation = CharPtr(orientation).get();
    }
  }

  void finish_if_complete() {
    const bool complete =
        flowing_ && std::all_of(tracks_.begin(), tracks_.end(),
                                [](const auto &track) { return track->complete; });
    if (!complete || finished_) return;
    finished_ = true;
    gst_element_post_message(
        pipeline_,
        gst_message_new_application(GST_OBJECT(pipeline_), gst_structure_new_empty("scanned")));
  }

  GstElement *pipeline_;
  std::mutex mutex_;  // guards what follows against the streaming threads
  std::vector<std::unique_ptr<Track>> tracks_;
  std::vector<std::string> ignored_;
  bool flowing_ = false;
  bool finished_ = false;
};

Error missing_plugin(GstMessage *message) {
  const CharPtr what(gst_missing_plugin_message_get_description(message));
  return {Error::Kind::missing_element,
          format("No installed GStreamer plugin is a %s. Remedy: apt-get install "
                 "gstreamer1.0-plugins-good "
                 "gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav",
                 what.get()),
          ""};
}

}  // namespace

Error explain(GstMessage *message) {
  GError *raw_error = nullptr;
  gchar *raw_detail = nullptr;
  gst_message_parse_error(message, &raw_error, &raw_detail);
  const ErrorPtr error(raw_error);
  const CharPtr detail(raw_detail);
  std::string text = error->message;
  if (g_error_matches(error.get(), GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND) ||
      g_error_matches(error.get(), GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE))
    text = "This is not a recording that GStreamer knows. Remedy: give a media file, or convert it";
  return {Error::Kind::failed, text, detail ? detail.get() : ""};
}

Result<MediaFacts> scan_media(const std::string &uri, milliseconds deadline) {
  const auto pipeline = sink(gst_pipeline_new("scan"));
  Scan scan(pipeline.get());
  const auto source =
      make_parsed_source(uri, [&scan](GstBin *bin, GstPad *pad) { scan.pad_added(bin, pad); });
  if (!source) return source.error();
  gst_bin_add(GST_BIN(pipeline.get()), *source);
  const auto bus = adopt(gst_element_get_bus(pipeline.get()));
  const auto started = gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const bool live = started == GST_STATE_CHANGE_NO_PREROLL;

  const auto types =
      GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT | GST_MESSAGE_APPLICATION);
  auto end = Clock::now() + deadline;
  std::optional<Error> failure, lacking;
  for (bool done = false; !done && !failure;) {
    const auto left = std::max<long>(0, duration_cast<milliseconds>(end - Clock::now()).count());
    const auto message =
        adopt(gst_bus_timed_pop_filtered(bus.get(), GstClockTime(left) * GST_MSECOND, types));
    if (!message)
      done = true;
    else if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR)
      failure = explain(message.get());
    else if (gst_is_missing_plugin_message(message.get()))
      lacking = missing_plugin(message.get());
    else if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_APPLICATION)
      continue;
    else if (live)  // its tracks come one by one
      end = std::min(end, Clock::now() + live_settling);
    else
      done = true;
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  auto facts = scan.facts();
  if (lacking && (failure || facts.tracks.empty())) return *lacking;
  if (failure) return *failure;
  if (facts.tracks.empty())
    return Error{Error::Kind::failed,
                 "There is neither video nor audio in it, or nothing came in time", uri};
  facts.live = live;
  return facts;
}

}  // namespace rtc
