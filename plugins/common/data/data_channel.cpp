#include "data/data_channel.hpp"

#include "base/log.hpp"
#include "base/signal.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {
constexpr guint64 low_water = 64 * 1024;

StructurePtr options_of(const DataChannelInit &init) {
  StructurePtr options(gst_structure_new("options", "ordered", G_TYPE_BOOLEAN, init.ordered,
                                         "protocol", G_TYPE_STRING, init.protocol.c_str(),
                                         "priority", GST_TYPE_WEBRTC_PRIORITY_TYPE, init.priority,
                                         "negotiated", G_TYPE_BOOLEAN, init.negotiated, nullptr));
  for (const auto &[name, value] :
       {std::pair{"max-retransmits", init.max_retransmits},
        std::pair{"max-packet-lifetime", init.max_packet_lifetime}, std::pair{"id", init.id}})
    if (value >= 0) gst_structure_set(options.get(), name, G_TYPE_INT, value, nullptr);
  return options;
}
}  // namespace

Result<std::shared_ptr<DataChannel>> DataChannel::create(EventLoop &loop, GstElement *webrtcbin,
                                                         const DataChannelInit &init) {
  GstWebRTCDataChannel *channel = nullptr;
  const auto options = options_of(init);
  g_signal_emit_by_name(webrtcbin, "create-data-channel", init.label.c_str(), options.get(),
                        &channel);
  if (!channel)
    return Error{
        Error::Kind::settings,
        format("The data channel \"%s\" could not be made; its id may be taken, or the GStreamer "
               "elements sctpenc and sctpdec are missing (gstreamer1.0-plugins-bad).",
               init.label.c_str()),
        "create-data-channel"};
  auto self = wrap(loop, webrtcbin, adopt(channel).get());
  // DATA_CHANNEL_OPEN (RFC 8832 section 5.1).
  self->opening_ = init.negotiated ? 0 : 12 + init.label.size() + init.protocol.size();
  return self;
}

std::shared_ptr<DataChannel> DataChannel::wrap(EventLoop &loop, GstElement *webrtcbin,
                                               GstWebRTCDataChannel *channel) {
  auto self = std::shared_ptr<DataChannel>(new DataChannel(loop, webrtcbin, share(channel)));
  self->connect_signals();
  return self;
}

DataChannel::DataChannel(EventLoop &loop, GstElement *webrtcbin, Ref<GstWebRTCDataChannel> channel)
    : loop_(loop), channel_(std::move(channel)) {
  g_weak_ref_init(&webrtcbin_, webrtcbin);
  g_object_set(channel_.get(), "buffered-amount-low-threshold", low_water, nullptr);
}

DataChannel::~DataChannel() { g_weak_ref_clear(&webrtcbin_); }

void DataChannel::connect_signals() {
  const auto weak = weak_from_this();
  auto *channel = channel_.get();
  connect_weak<void(GstWebRTCDataChannel *)>(channel, "on-open", weak,
                                             [](DataChannel &self, GstWebRTCDataChannel *) {
                                               self.post([](DataChannel &c) { c.opened(); });
                                             });
  // On a connection that is up a channel of ours may have opened before somebody listened.
  GstWebRTCDataChannelState state{};
  g_object_get(channel, "ready-state", &state, nullptr);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN) post([](DataChannel &c) { c.opened(); });
  connect_weak<void(GstWebRTCDataChannel *, GBytes *)>(
      channel, "on-message-data", weak,
      [](DataChannel &self, GstWebRTCDataChannel *, GBytes *data) {
        const DataMessage message{false, data ? share(data) : adopt(g_bytes_new(nullptr, 0))};
        self.post([message](DataChannel &c) {
          if (c.open_) c.tell([message](const Hooks &hooks) { hooks.message(message); });
        });
      });
  connect_weak<void(GstWebRTCDataChannel *, gchar *)>(
      channel, "on-message-string", weak,
      [](DataChannel &self, GstWebRTCDataChannel *, gchar *text) {
        const DataMessage message{true, adopt(g_bytes_new(text, text ? strlen(text) : 0))};
        self.post([message](DataChannel &c) {
          if (c.open_) c.tell([message](const Hooks &hooks) { hooks.message(message); });
        });
      });
  connect_weak<void(GstWebRTCDataChannel *)>(
      channel, "on-buffered-amount-low", weak, [](DataChannel &self, GstWebRTCDataChannel *) {
        self.post([](DataChannel &c) { c.tell([](const Hooks &hooks) { hooks.drained(); }); });
      });
  connect_weak<void(GstWebRTCDataChannel *, GError *)>(
      channel, "on-error", weak, [](DataChannel &self, GstWebRTCDataChannel *, GError *error) {
        self.post([text = std::string(error ? error->message : "unknown")](DataChannel &c) {
          c.error_ = text;
        });
      });
  connect_weak<void(GstWebRTCDataChannel *)>(channel, "on-close", weak,
                                             [](DataChannel &self, GstWebRTCDataChannel *) {
                                               self.post([](DataChannel &c) { c.end(c.error_); });
                                             });
}

void DataChannel::opened() {
  if (ended_ || std::exchange(open_, true)) return;
  if (const auto call = std::exchange(on_open_, nullptr)) call();
  tell([](const Hooks &hooks) { hooks.opened(); });
}

void DataChannel::post(std::function<void(DataChannel &)> task) {
  loop_.post(if_alive(weak_from_this(), std::move(task)));
}

void DataChannel::tell(std::function<void(const Hooks &)> event) {
  const auto keep = shared_from_this();
  if (hooks_)
    event(*hooks_);
  else
    kept_.push_back(std::move(event));
}

void DataChannel::end(const std::string &reason) {
  if (std::exchange(ended_, true)) return;
  open_ = false;
  tell([reason](const Hooks &hooks) { hooks.closed(reason); });
}

void DataChannel::listen(Hooks hooks) {
  const auto keep = shared_from_this();
  hooks_ = std::move(hooks);
  for (const auto &event : std::exchange(kept_, {})) event(*hooks_);
}

Result<bool> DataChannel::send(const DataMessage &message) {
  // usrsctp refuses a message without bytes, whereupon GStreamer 1.22 closes the channel.
  if (message.size() == 0) return true;
  if (ended_)
    return Error{Error::Kind::failed, format("The data channel \"%s\" is closed.", label().c_str()),
                 "send after the end"};
  GError *raw = nullptr;
  // webrtcbin takes a text up to the first NUL.
  const auto text = message.text ? std::string(message.view()) : std::string();
  const auto size = message.text ? strlen(text.c_str()) : message.size();
  if (size == 0) return true;
  if (message.text)
    gst_webrtc_data_channel_send_string_full(channel_.get(), text.c_str(), &raw);
  else
    gst_webrtc_data_channel_send_data_full(channel_.get(), message.bytes.get(), &raw);
  const ErrorPtr error(raw);
  if (!error) {
    sent_ += size;
    return true;
  }
  // The function behind GST_WEBRTC_ERROR is declared for C only in 1.22.
  const bool large = error->code == GST_WEBRTC_ERROR_TYPE_ERROR;
  return Error{
      large ? Error::Kind::settings : Error::Kind::failed,
      large ? format("A message of %zu bytes is larger than the other side of the data channel "
                     "\"%s\" takes; send smaller ones, or set data-framing=stream.",
                     message.size(), label().c_str())
            : format("The data channel \"%s\" does not take messages.", label().c_str()),
      error->message};
}

Result<bool> DataChannel::send_text(const std::string &text) {
  return send({true, adopt(g_bytes_new(text.data(), text.size()))});
}

size_t DataChannel::buffered() const {
  guint64 amount = 0;
  g_object_get(channel_.get(), "buffered-amount", &amount, nullptr);
  return amount;
}

// GStreamer 1.22 counts a message out when it begins to hand it to SCTP, and close() cuts off one
// that SCTP has taken in part.
bool DataChannel::is_taken() const {
  if (ended_) return true;
  if (buffered() > 0) return false;
  const auto webrtcbin = adopt(static_cast<GstElement *>(g_weak_ref_get(&webrtcbin_)));
  gint id = -1;
  g_object_get(channel_.get(), "id", &id, nullptr);
  if (!webrtcbin || id < 0) return true;
  guint64 taken = 0;
  auto *found = gst_bin_iterate_all_by_element_factory_name(GST_BIN(webrtcbin.get()), "sctpenc");
  GValue value = G_VALUE_INIT;
  if (gst_iterator_next(found, &value) == GST_ITERATOR_OK)
    g_signal_emit_by_name(g_value_get_object(&value), "bytes-sent", guint(id), &taken);
  g_value_unset(&value);
  gst_iterator_free(found);
  return taken >= sent_ + opening_;
}

void DataChannel::close() {
  if (!ended_) gst_webrtc_data_channel_close(channel_.get());
}

std::string DataChannel::text_property(const char *name) const {
  gchar *text = nullptr;
  g_object_get(channel_.get(), name, &text, nullptr);
  const CharPtr owned(text);
  return text ? text : "";
}

}  // namespace rtc
