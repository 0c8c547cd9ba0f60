#include "source_pass.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "channel_layout.hpp"
#include "parsed_source.hpp"

namespace rtc {

namespace {

// Encoded data that waits for the other track: recordings are interleaved by seconds at worst.
constexpr const char *interleave_queue =
    "queue name=in max-size-buffers=0 max-size-bytes=67108864 max-size-time=10000000000";

std::optional<Nanoseconds> valid(GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
  return Nanoseconds(time);
}

std::optional<Nanoseconds> running_time(GstPad *pad, GstBuffer *buffer) {
  const auto event = adopt(gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0));
  if (!event || !GST_BUFFER_PTS_IS_VALID(buffer)) return std::nullopt;
  const GstSegment *segment = nullptr;
  gst_event_parse_segment(event.get(), &segment);
  guint64 time = 0;
  const int sign =
      gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer), &time);
  if (sign == 0) return std::nullopt;
  return sign < 0 ? -Nanoseconds(time) : Nanoseconds(time);
}

bool is_kind(GstCaps *caps, TrackKind kind) {
  if (gst_caps_is_any(caps) || gst_caps_is_empty(caps)) return false;
  const char *name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  if (kind == TrackKind::audio) return g_str_has_prefix(name, "audio/");
  return g_str_has_prefix(name, "video/") || g_str_has_prefix(name, "image/");
}

}  // namespace

std::shared_ptr<SourcePass> SourcePass::make(const std::string &uri,
                                             const std::vector<TrackPlan> &plans,
                                             std::shared_ptr<LoopTimeline> timeline, bool first,
                                             std::function<void()> ended) {
  std::shared_ptr<SourcePass> pass(new SourcePass);
  pass->timeline_ = std::move(timeline);
  pass->first_ = first;
  pass->ended_ = std::move(ended);
  for (const auto &plan : plans) pass->tracks_.push_back({plan, nullptr});
  pass->build(uri);
  return pass;
}

void SourcePass::build(const std::string &uri) {
  const std::weak_ptr<SourcePass> weak = weak_from_this();
  // That the URI can be read is known: it was scanned.
  bin_ = sink(*make_parsed_source(uri, [weak](GstBin *bin, GstPad *pad) {
    if (auto self = weak.lock()) self->stream_added(bin, pad);
  }));
  // Coming up, it must not take the running pipeline back into an asynchronous state change.
  g_object_set(bin_.get(), "async-handling", TRUE, nullptr);

  for (size_t i = 0; i < tracks_.size(); i++) {
    auto &track = tracks_[i];
    track.pad = sink(gst_ghost_pad_new_no_target(format("src_%zu", i).c_str(), GST_PAD_SRC));
    struct Watch {
      std::weak_ptr<SourcePass> pass;
      size_t track;
    };
    gst_pad_add_probe(
        track.pad.get(), GstPadProbeType(GST_PAD_PROBE_TYPE_DATA_BOTH),
        [](GstPad *pad, GstPadProbeInfo *info, gpointer data) {
          auto *watch = static_cast<Watch *>(data);
          const auto self = watch->pass.lock();
          return self ? self->passing(pad, info, watch->track) : GST_PAD_PROBE_DROP;
        },
        new Watch{weak, i}, [](gpointer data) { delete static_cast<Watch *>(data); });
    gst_element_add_pad(bin_.get(), track.pad.get());
  }
}

void SourcePass::stream_added(GstBin *bin, GstPad *pad) {
  const auto caps = adopt(stream_caps(pad));
  Track *track = nullptr;
  {
    std::lock_guard lock(mutex_);
    for (auto &candidate : tracks_)
      if (!track && !candidate.found && is_kind(caps.get(), candidate.plan.kind))
        track = &candidate;
    if (track) track->found = true;
  }
  if (!track) return;
  GstElement *chain = make_chain(track->plan);
  if (!chain) return;
  gst_bin_add(bin, chain);
  const auto source = adopt(gst_element_get_static_pad(chain, "src"));
  const auto input = adopt(gst_element_get_static_pad(chain, "sink"));
  gst_ghost_pad_set_target(GST_GHOST_PAD(track->pad.get()), source.get());
  gst_element_sync_state_with_parent(chain);
  gst_pad_link(pad, input.get());
}

// A bin from the encoded stream to what the sink gets.
GstElement *SourcePass::make_chain(const TrackPlan &plan) {
  auto description = std::string(interleave_queue);
  if (!plan.untouched) description += " ! " + plan.decoder;
  GError *raw_error = nullptr;
  GstElement *chain = gst_parse_bin_from_description(description.c_str(), FALSE, &raw_error);
  const ErrorPtr error(raw_error);
  if (!chain) {
    GST_ELEMENT_ERROR(bin_.get(), CORE, MISSING_PLUGIN,
                      ("A GStreamer element is missing: %s", error->message),
                      ("%s", description.c_str()));
    return nullptr;
  }
  if (const auto convert = adopt(gst_bin_get_by_name(GST_BIN(chain), "audio-in")))
    assume_channel_layout(adopt(gst_element_get_static_pad(convert.get(), "sink")).get());
  // Not by the parser: it would take the input of what decodebin is linked to only later.
  const auto queue = adopt(gst_bin_get_by_name(GST_BIN(chain), "in"));
  const auto input = adopt(gst_element_get_static_pad(queue.get(), "sink"));
  const auto output = adopt(gst_bin_find_unlinked_pad(GST_BIN(chain), GST_PAD_SRC));
  gst_element_add_pad(chain, gst_ghost_pad_new("sink", input.get()));
  gst_element_add_pad(chain, gst_ghost_pad_new("src", output.get()));
  return chain;
}

void SourcePass::track_ended(size_t index) {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(tracks_[index].ended, true)) return;
    // A track that was not announced before another one ended does not come in this pass.
    const auto over = [](const Track &track) { return track.ended || !track.found; };
    if (!std::all_of(tracks_.begin(), tracks_.end(), over)) return;
  }
  ended_();
}

GstPadProbeReturn SourcePass::passing(GstPad *pad, GstPadProbeInfo *info, size_t track) {
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    GST_PAD_PROBE_INFO_DATA(info) = stamp(pad, GST_PAD_PROBE_INFO_BUFFER(info), track);
    return GST_PAD_PROBE_OK;
  }
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    auto *list = gst_buffer_list_make_writable(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
    GST_PAD_PROBE_INFO_DATA(info) = list;
    for (guint i = 0; i < gst_buffer_list_length(list); i++) {
      auto *buffer = stamp(pad, gst_buffer_ref(gst_buffer_list_get(list, i)), track);
      gst_buffer_list_remove(list, i, 1);
      gst_buffer_list_insert(list, gint(i), buffer);
    }
    return GST_PAD_PROBE_OK;
  }
  return event(info, track);
}

GstBuffer *SourcePass::stamp(GstPad *pad, GstBuffer *buffer, size_t track) {
  const auto time =
      timeline_->place(track, running_time(pad, buffer), valid(GST_BUFFER_DURATION(buffer)));
  buffer = gst_buffer_make_writable(buffer);
  GST_BUFFER_PTS(buffer) = GstClockTime(time);
  // Tracks with another order of decoding are decoded here, so what is left has only one order.
  if (GST_BUFFER_DTS_IS_VALID(buffer)) GST_BUFFER_DTS(buffer) = GstClockTime(time);
  if (!first_) GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_DISCONT);
  return buffer;
}

GstPadProbeReturn SourcePass::event(GstPadProbeInfo *info, size_t track) {
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS:
    case GST_EVENT_LATENCY:
    case GST_EVENT_RECONFIGURE:
      return GST_PAD_PROBE_OK;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_TAG:
      return first_ ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
    case GST_EVENT_SEGMENT: {
      if (!first_) return GST_PAD_PROBE_DROP;
      // Timestamps become running times of the loop, so one segment serves for all passes.
      GstSegment segment;
      gst_segment_init(&segment, GST_FORMAT_TIME);
      GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_segment(&segment);
      gst_event_unref(event);
      return GST_PAD_PROBE_OK;
    }
    case GST_EVENT_EOS:
      track_ended(track);
      return GST_PAD_PROBE_DROP;
    default:
      // Among them QoS from downstream: its times are the loop's and would make a decoder skip all.
      return GST_PAD_PROBE_DROP;
  }
}

}  // namespace rtc
