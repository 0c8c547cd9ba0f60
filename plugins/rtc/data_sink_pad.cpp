#include "data_sink_pad.hpp"

#include "base/text.hpp"
#include "gstrtcdatapad.hpp"
#include "timed_caps.hpp"

namespace rtc {

namespace {
DataMessage message_of(GstBuffer *buffer, bool text) {
  gpointer data = nullptr;
  gsize size = 0;
  gst_buffer_extract_dup(buffer, 0, gst_buffer_get_size(buffer), &data, &size);
  return {text, adopt(g_bytes_new_take(data, size))};
}
}  // namespace

DataSinkPad::DataSinkPad(GstBin *bin, GstPadTemplate *pad_template, const char *name,
                         std::shared_ptr<DataFeed> feed)
    : shared_(std::make_shared<Shared>()) {
  shared_->feed = std::move(feed);
  gst_segment_init(&shared_->segment, GST_FORMAT_TIME);
  ghost_ = sink(new_rtc_data_pad(name, pad_template));
  auto target = share(ghost());
  if (bin) {
    sink_ = share(gst_element_factory_make("fakesink", (std::string(name) + "_sink").c_str()));
    // What there is goes out at once; nothing of it is waited for before the pipeline plays.
    g_object_set(sink_.get(), "enable-last-sample", FALSE, "sync", FALSE, "async", FALSE, nullptr);
    gst_bin_add(bin, sink_.get());
    target = adopt(gst_element_get_static_pad(sink_.get(), "sink"));
    gst_ghost_pad_set_target(GST_GHOST_PAD(ghost()), target.get());
    gst_element_sync_state_with_parent(sink_.get());
  } else {
    gst_pad_set_event_function(ghost(), [](GstPad *, GstObject *, GstEvent *event) -> gboolean {
      gst_event_unref(event);
      return TRUE;
    });
    gst_pad_set_query_function(ghost(), gst_pad_query_default);
  }
  gst_pad_add_probe(
      target.get(),
      GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
                      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH),
      pass, new std::shared_ptr<Shared>(shared_),
      [](gpointer data) { delete static_cast<std::shared_ptr<Shared> *>(data); });
}

DataSinkPad::~DataSinkPad() {
  shared_->feed->stop(true);
  if (!sink_) return;
  gst_element_set_locked_state(sink_.get(), TRUE);
  gst_element_set_state(sink_.get(), GST_STATE_NULL);
  if (const auto parent = adopt(gst_object_get_parent(GST_OBJECT(sink_.get()))))
    gst_bin_remove(GST_BIN(parent.get()), sink_.get());
}

bool DataSinkPad::is_apart_from(const DataSinkPad &other) const {
  const auto ours = feed()->peer(), theirs = other.feed()->peer();
  return !ours.empty() && !theirs.empty() && ours != theirs;
}

Result<bool> DataSinkPad::configure(bool waits) {
  auto settings = feed_settings(ghost());
  settings.waits = waits;
  const auto &channel = settings.channel;
  const auto *name = GST_PAD_NAME(ghost());
  if (channel.max_retransmits >= 0 && channel.max_packet_lifetime >= 0)
    return Error{Error::Kind::settings,
                 format("%s: set max-retransmits or max-packet-lifetime, not both.", name),
                 "both limits"};
  if (channel.negotiated != (channel.id >= 0))
    return Error{Error::Kind::settings,
                 format("%s: negotiated and id belong together; set both or none.", name),
                 "negotiated without id"};
  if (settings.stream &&
      (!channel.ordered || channel.max_retransmits >= 0 || channel.max_packet_lifetime >= 0))
    return Error{Error::Kind::settings,
                 format("%s: a stream needs an ordered, reliable channel; unset ordered, "
                        "max-retransmits and max-packet-lifetime, or data-framing.",
                        name),
                 "stream over an unreliable channel"};
  if (settings.stream && settings.when_stuck == WhenStuck::drop)
    return Error{Error::Kind::settings,
                 format("%s: nothing can be left out of a stream; set on-stuck to leave-behind or "
                        "disconnect, or unset data-framing.",
                        name),
                 "stream that drops"};
  if (settings.stream && !settings.sync_to.empty())
    return Error{Error::Kind::settings,
                 format("%s: the pieces of a stream belong to no frames; set sync-to or "
                        "data-framing=stream, not both.",
                        name),
                 "stream with sync-to"};
  feed()->configure(settings);
  shared_->synced = !settings.sync_to.empty();
  shared_->configured = true;
  return true;
}

void DataSinkPad::rewind() {
  shared_->ended = shared_->configured = false;
  feed()->rewind();
}

bool DataSinkPad::Shared::handle(GstEvent *event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) {
    if (on_begin) on_begin();
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
    GstCaps *caps = nullptr;
    gst_event_parse_caps(event, &caps);
    text = gst_structure_has_name(gst_caps_get_structure(caps, 0), "text/x-raw");
    kind = timed_kind_of(caps);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
    gst_event_copy_segment(event, &segment);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START) {
    feed->flush(true);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
    feed->flush(false);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_EOS && feed->finish()) {
    ended = true;
    return !on_end || on_end();
  }
  return true;
}

// What the buffer is and when; nothing: it cannot be sent.
std::optional<DataStamp> DataSinkPad::Shared::stamp(GstBuffer *buffer) {
  const auto *name = feed->pad().c_str();
  if (!kind) {
    if (!std::exchange(told, true))
      failed({Error::Kind::settings,
              format("%s: with sync-to it takes the caps meta/x-klv, application/json and "
                     "text/x-raw; set one of them in front of it, or unset sync-to.",
                     name),
              "caps of a pad with sync-to"});
    return {};
  }
  const auto running =
      segment.format == GST_FORMAT_TIME && GST_BUFFER_PTS_IS_VALID(buffer)
          ? gst_segment_to_running_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer))
          : GST_CLOCK_TIME_NONE;
  if (!GST_CLOCK_TIME_IS_VALID(running)) {
    if (!std::exchange(told, true))
      warned({Error::Kind::settings,
              format("%s: buffers without a time belong to no frame and are sent as they come; "
                     "give them the PTS of their frames.",
                     name),
              "no PTS"});
    return DataStamp{*kind, {}};
  }
  return DataStamp{*kind, std::chrono::nanoseconds(static_cast<GstClockTimeDiff>(running) +
                                                   (group_offset ? group_offset() : 0))};
}

bool DataSinkPad::Shared::push(GstBuffer *buffer) {
  if (!synced) return feed->push(message_of(buffer, text));
  const auto at = stamp(buffer);
  return at && feed->push(message_of(buffer, false), *at);
}

// Waits here, before the sink: inside, the wait would hold up a change to PAUSED.
GstPadProbeReturn DataSinkPad::pass(GstPad *, GstPadProbeInfo *info, gpointer data) {
  const auto self = *static_cast<std::shared_ptr<Shared> *>(data);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    const auto buffer = adopt(GST_PAD_PROBE_INFO_BUFFER(info));
    const auto sent = self->push(buffer.get());
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = sent ? GST_FLOW_OK : GST_FLOW_FLUSHING;
    return GST_PAD_PROBE_HANDLED;
  }
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    const auto list = adopt(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
    auto sent = true;
    for (guint i = 0; sent && i < gst_buffer_list_length(list.get()); i++)
      sent = self->push(gst_buffer_list_get(list.get(), i));
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = sent ? GST_FLOW_OK : GST_FLOW_FLUSHING;
    return GST_PAD_PROBE_HANDLED;
  }
  return self->handle(GST_PAD_PROBE_INFO_EVENT(info)) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

}  // namespace rtc
