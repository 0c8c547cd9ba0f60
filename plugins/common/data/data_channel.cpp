#include "data/data_channel.hpp"

#include "base/find_element.hpp"
#include "base/log.hpp"
#include "base/signal.hpp"
#include "base/text.hpp"
#include "data/stream_protocol.hpp"
#include "data/timed_protocol.hpp"

namespace rtc {

namespace {
constexpr guint64 low_water = 64 * 1024;
constexpr size_t most_kept_bytes = 1024 * 1024;
constexpr size_t most_kept_messages = 256;
constexpr auto closed_key = "rtc-closed-by-peer";

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

// Waits for the lock of webrtcbin.
Ref<GstObject> transport_of(const Ref<GstElement> &webrtcbin) {
  GstObject *transport = nullptr;
  if (webrtcbin) g_object_get(webrtcbin.get(), "sctp-transport", &transport, nullptr);
  return adopt(transport);
}
}  // namespace

Result<std::shared_ptr<DataChannel>> DataChannel::create(EventLoop &loop,
                                                         std::shared_ptr<Reaper> reaper,
                                                         GstElement *webrtcbin,
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
  auto self = wrap(loop, std::move(reaper), webrtcbin, adopt(channel).get());
  // DATA_CHANNEL_OPEN (RFC 8832 section 5.1).
  self->opening_ = init.negotiated ? 0 : 12 + init.label.size() + init.protocol.size();
  return self;
}

std::shared_ptr<DataChannel> DataChannel::wrap(EventLoop &loop, std::shared_ptr<Reaper> reaper,
                                               GstElement *webrtcbin,
                                               GstWebRTCDataChannel *channel) {
  auto self = std::shared_ptr<DataChannel>(
      new DataChannel(loop, std::move(reaper), webrtcbin, share(channel)));
  self->connect_signals();
  return self;
}

DataChannel::DataChannel(EventLoop &loop, std::shared_ptr<Reaper> reaper, GstElement *webrtcbin,
                         Ref<GstWebRTCDataChannel> channel)
    : loop_(loop), reaper_(std::move(reaper)), channel_(std::move(channel)) {
  g_weak_ref_init(&webrtcbin_, webrtcbin);
  g_object_set(channel_.get(), "buffered-amount-low-threshold", low_water, nullptr);
}

DataChannel::~DataChannel() { g_weak_ref_clear(&webrtcbin_); }

void DataChannel::connect_signals() {
  const auto weak = weak_from_this();
  auto *channel = channel_.get();
  connect_weak<void(GstWebRTCDataChannel *)>(channel, "on-open", weak,
                                             [](DataChannel &self, GstWebRTCDataChannel *) {
                                               self.post([ends = self.find_ends()](DataChannel &c) {
                                                 c.ends_ = ends;
                                                 c.opened();
                                               });
                                             });
  // On a connection that is up a channel of ours may have opened before somebody listened.
  GstWebRTCDataChannelState state{};
  g_object_get(channel, "ready-state", &state, nullptr);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN) post([](DataChannel &c) { c.opened(); });
  connect_weak<void(GstWebRTCDataChannel *, GBytes *)>(
      channel, "on-message-data", weak,
      [](DataChannel &self, GstWebRTCDataChannel *, GBytes *data) {
        const DataMessage message{false, data ? share(data) : adopt(g_bytes_new(nullptr, 0))};
        self.post([message](DataChannel &c) { c.heard(message); });
      });
  connect_weak<void(GstWebRTCDataChannel *, gchar *)>(
      channel, "on-message-string", weak,
      [](DataChannel &self, GstWebRTCDataChannel *, gchar *text) {
        const DataMessage message{true, adopt(g_bytes_new(text, text ? strlen(text) : 0))};
        self.post([message](DataChannel &c) { c.heard(message); });
      });
  connect_weak<void(GstWebRTCDataChannel *)>(channel, "on-buffered-amount-low", weak,
                                             [](DataChannel &self, GstWebRTCDataChannel *) {
                                               self.post([](DataChannel &c) {
                                                 const auto keep = c.shared_from_this();
                                                 if (c.writer_) std::function(c.writer_->drained)();
                                               });
                                             });
  connect_weak<void(GstWebRTCDataChannel *, GError *)>(
      channel, "on-error", weak, [](DataChannel &self, GstWebRTCDataChannel *, GError *error) {
        self.post([text = std::string(error ? error->message : "unknown")](DataChannel &c) {
          c.error_ = text;
        });
      });
  connect_weak<void(GstWebRTCDataChannel *)>(
      channel, "on-close", weak, [](DataChannel &self, GstWebRTCDataChannel *closed) {
        // What webrtcbin 1.22 was sending then finds its pad unlinked and calls that an error.
        const bool meant = g_object_get_data(G_OBJECT(closed), closed_key);
        self.let_go();
        self.post([meant](DataChannel &c) {
          c.end(meant ? "" : c.error_);
          c.remove_ends();
        });
      });
}

// webrtcbin 1.22 goes on telling a closed channel of resets, on its own thread and without a
// reference, so it must not be freed before that has ended. It tells under the lock under which it
// gives its properties.
void DataChannel::let_go() {
  reaper_->reap([webrtcbin = webrtcbin(), channel = channel_] {
    const auto transport = transport_of(webrtcbin);
    if (!transport) return;
    g_signal_handlers_disconnect_by_data(transport.get(), channel.get());
    (void)transport_of(webrtcbin);
  });
}

void DataChannel::closed_by_peer(GstWebRTCDataChannel *channel) {
  g_object_set_data(G_OBJECT(channel), closed_key, channel);
}

// The callbacks below may put another one in their place: a copy is called.
void DataChannel::opened() {
  if (ended_ || std::exchange(open_, true)) return;
  const auto keep = shared_from_this();
  if (const auto call = std::exchange(on_open_, nullptr)) call();
  if (writer_ && open_) std::function(writer_->opened)();
}

void DataChannel::post(std::function<void(DataChannel &)> task) {
  loop_.post(if_alive(weak_from_this(), std::move(task)));
}

void DataChannel::heard(DataMessage message) {
  if (!open_) return;
  const auto self = shared_from_this();
  if (reader_) return std::function(reader_->message)(message);
  keep(std::move(message));
  if (const auto call = std::exchange(on_unread_, nullptr)) call();
}

void DataChannel::keep(DataMessage message) {
  kept_bytes_ += message.size();
  kept_.push_back(std::move(message));
  while (kept_bytes_ > most_kept_bytes || kept_.size() > most_kept_messages) {
    kept_bytes_ -= kept_.front().size();
    kept_.pop_front();
    if (!std::exchange(lost_some_, true))
      RTC_WARNING("messages of the data channel \"%s\" are dropped: nobody reads them",
                  label().c_str());
  }
}

void DataChannel::end(const std::string &reason) {
  if (std::exchange(ended_, true)) return;
  const auto keep = shared_from_this();
  closing_ = nullptr;
  open_ = false;
  error_ = reason;
  if (writer_) std::function(writer_->closed)(reason);
  if (reader_) std::function(reader_->closed)(reason);
}

void DataChannel::on_unread(std::function<void()> call) {
  on_unread_ = std::move(call);
  if (kept_.empty()) return;
  if (const auto now = std::exchange(on_unread_, nullptr)) now();
}

void DataChannel::write(Writer writer) {
  const auto keep = shared_from_this();
  writer_ = std::move(writer);
  if (open_) std::function(writer_->opened)();
  if (ended_) std::function(writer_->closed)(error_);
}

void DataChannel::read(Reader reader) {
  const auto keep = shared_from_this();
  reader_ = std::move(reader);
  kept_bytes_ = 0;
  for (const auto &message : std::exchange(kept_, {})) std::function(reader_->message)(message);
  if (ended_) std::function(reader_->closed)(error_);
}

bool DataChannel::is_stream() const { return protocol() == stream_subprotocol; }

bool DataChannel::is_timed() const { return protocol() == timed_subprotocol; }

DataChannelInit DataChannel::init() const {
  DataChannelInit init;
  gboolean ordered = TRUE, negotiated = FALSE;
  g_object_get(channel_.get(), "ordered", &ordered, "max-retransmits", &init.max_retransmits,
               "max-packet-lifetime", &init.max_packet_lifetime, "priority", &init.priority,
               "negotiated", &negotiated, "id", &init.id, nullptr);
  init.label = label();
  init.protocol = protocol();
  init.ordered = ordered;
  init.negotiated = negotiated;
  return init;
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
      large ? format("A message of %zu bytes is larger than the %zu that the data channel \"%s\" "
                     "takes; send smaller ones, or set data-framing=stream.",
                     message.size(), largest_message(), label().c_str())
            : format("The data channel \"%s\" does not take messages.", label().c_str()),
      error->message};
}

size_t DataChannel::largest_message() const {
  guint64 size = 0;
  if (const auto transport = transport_of(webrtcbin()))
    g_object_get(transport.get(), "max-message-size", &size, nullptr);
  return size;
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
bool DataChannel::is_taken() {
  if (ended_) return true;
  if (buffered() > 0) return false;
  const auto webrtcbin = this->webrtcbin();
  if (!webrtcbin || id() < 0) return true;
  // What comes in has an end of its own once the other side has answered to the opening. A channel
  // that is closed before may never be closed there.
  if (ends_.size() < 2) ends_ = find_ends();
  if (ends_.size() < 2 && opening_ > 0) return false;
  guint64 taken = 0;
  if (const auto encoder = find_element(webrtcbin.get(), "sctpenc"))
    g_signal_emit_by_name(encoder.get(), "bytes-sent", guint(id()), &taken);
  return taken >= sent_ + opening_;
}

void DataChannel::close() {
  if (ended_) return;
  closing_ = shared_from_this();
  if (ends_.size() < 2) ends_ = find_ends();
  gst_webrtc_data_channel_close(channel_.get());
}

Ref<GstElement> DataChannel::webrtcbin() const {
  return adopt(static_cast<GstElement *>(g_weak_ref_get(&webrtcbin_)));
}

int DataChannel::id() const {
  gint id = -1;
  g_object_get(channel_.get(), "id", &id, nullptr);
  return id;
}

// webrtcbin 1.22 keeps the elements and the threads of a channel that is closed as long as it
// lives. They are found by what they are linked to while it is open.
DataChannel::Ends DataChannel::find_ends() const {
  Ends ends;
  const auto webrtcbin = this->webrtcbin();
  if (!webrtcbin) return ends;
  for (const auto &[factory, pad] :
       {std::pair{"sctpenc", format("sink_%d", id())}, {"sctpdec", format("src_%d", id())}}) {
    const auto element = find_element(webrtcbin.get(), factory);
    const auto here =
        element ? adopt(gst_element_get_static_pad(element.get(), pad.c_str())) : nullptr;
    const auto there = here ? adopt(gst_pad_get_peer(here.get())) : nullptr;
    auto end = there ? adopt(gst_pad_get_parent_element(there.get())) : nullptr;
    if (end) ends.push_back(std::move(end));
  }
  return ends;
}

void DataChannel::remove_ends() {
  const auto webrtcbin = this->webrtcbin();
  if (!webrtcbin || ends_.empty()) return;
  // They call the channel as long as they run.
  reaper_->reap([webrtcbin, channel = channel_, ends = std::exchange(ends_, {})] {
    for (const auto &end : ends) {
      gst_element_set_locked_state(end.get(), TRUE);
      gst_element_set_state(end.get(), GST_STATE_NULL);
      gst_bin_remove(GST_BIN(webrtcbin.get()), end.get());
    }
  });
}

std::string DataChannel::text_property(const char *name) const {
  gchar *text = nullptr;
  g_object_get(channel_.get(), name, &text, nullptr);
  const CharPtr owned(text);
  return text ? text : "";
}

}  // namespace rtc
