#include "data_sink_pad.hpp"

#include "base/text.hpp"
#include "gstrtcdatapad.hpp"

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
  sink_ = share(gst_element_factory_make("fakesink", (std::string(name) + "_sink").c_str()));
  // What there is goes out at once; nothing of it is waited for before the pipeline plays.
  g_object_set(sink_.get(), "enable-last-sample", FALSE, "sync", FALSE, "async", FALSE, nullptr);
  gst_bin_add(bin, sink_.get());
  const auto target = adopt(gst_element_get_static_pad(sink_.get(), "sink"));
  gst_pad_add_probe(
      target.get(),
      GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
                      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH),
      pass, new std::shared_ptr<Shared>(shared_),
      [](gpointer data) { delete static_cast<std::shared_ptr<Shared> *>(data); });
  ghost_ = sink(new_rtc_data_pad(name, pad_template));
  gst_ghost_pad_set_target(GST_GHOST_PAD(ghost_.get()), target.get());
  gst_element_sync_state_with_parent(sink_.get());
}

DataSinkPad::~DataSinkPad() {
  shared_->feed->stop(true);
  gst_element_set_locked_state(sink_.get(), TRUE);
  gst_element_set_state(sink_.get(), GST_STATE_NULL);
  if (const auto parent = adopt(gst_object_get_parent(GST_OBJECT(sink_.get()))))
    gst_bin_remove(GST_BIN(parent.get()), sink_.get());
}

Result<bool> DataSinkPad::configure() {
  const auto settings = feed_settings(ghost());
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
  feed()->configure(settings);
  return true;
}

void DataSinkPad::rewind() {
  shared_->ended = false;
  feed()->rewind();
}

void DataSinkPad::Shared::handle(GstEvent *event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
    GstCaps *caps = nullptr;
    gst_event_parse_caps(event, &caps);
    text = gst_structure_has_name(gst_caps_get_structure(caps, 0), "text/x-raw");
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START) {
    feed->flush(true);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
    feed->flush(false);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_EOS && feed->finish()) {
    ended = true;
    if (on_end) on_end();
  }
}

// Waits here, before the sink: inside, the wait would hold up a change to PAUSED.
GstPadProbeReturn DataSinkPad::pass(GstPad *, GstPadProbeInfo *info, gpointer data) {
  const auto self = *static_cast<std::shared_ptr<Shared> *>(data);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    const auto buffer = adopt(GST_PAD_PROBE_INFO_BUFFER(info));
    const auto sent = self->feed->push(message_of(buffer.get(), self->text));
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = sent ? GST_FLOW_OK : GST_FLOW_FLUSHING;
    return GST_PAD_PROBE_HANDLED;
  }
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    const auto list = adopt(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
    auto sent = true;
    for (guint i = 0; sent && i < gst_buffer_list_length(list.get()); i++)
      sent = self->feed->push(message_of(gst_buffer_list_get(list.get(), i), self->text));
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = sent ? GST_FLOW_OK : GST_FLOW_FLUSHING;
    return GST_PAD_PROBE_HANDLED;
  }
  self->handle(GST_PAD_PROBE_INFO_EVENT(info));
  return GST_PAD_PROBE_OK;
}

}  // namespace rtc
