#include "data_source_pad.hpp"

#include "base/signal.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {
// What is kept for a pad that is not linked yet or that is slow; WebRTC has no means to hold up the
// sender of messages.
constexpr size_t limit = 16 * 1024 * 1024;
constexpr size_t overhead = 256;  // of a message, whatever its size
}  // namespace

std::shared_ptr<DataSourcePad> DataSourcePad::create(GstPadTemplate *pad_template, const char *name,
                                                     std::string label, Hooks hooks) {
  auto self = std::shared_ptr<DataSourcePad>(new DataSourcePad(std::move(label), std::move(hooks)));
  self->pad_ = sink(gst_pad_new_from_template(pad_template, name));
  using Weak = std::weak_ptr<DataSourcePad>;
  gst_pad_set_activatemode_function_full(self->pad(), activate, new Weak(self),
                                         [](gpointer p) { delete static_cast<Weak *>(p); });
  self->linked_ = connect_weak<void(GstPad *, GstPad *)>(
      self->pad(), "linked", Weak(self), [](DataSourcePad &pad, GstPad *, GstPad *) {
        std::lock_guard lock(pad.mutex_);
        pad.changed_.notify_all();
      });
  gst_pad_use_fixed_caps(self->pad());
  gst_pad_set_active(self->pad(), TRUE);
  return self;
}

DataSourcePad::DataSourcePad(std::string label, Hooks hooks)
    : label_(std::move(label)), hooks_(std::move(hooks)) {}

DataSourcePad::~DataSourcePad() { g_signal_handler_disconnect(pad_.get(), linked_); }

gboolean DataSourcePad::activate(GstPad *pad, GstObject *, GstPadMode mode, gboolean active) {
  const auto self = static_cast<std::weak_ptr<DataSourcePad> *>(pad->activatemodedata)->lock();
  if (mode != GST_PAD_MODE_PUSH || !self) return FALSE;
  {
    std::lock_guard lock(self->mutex_);
    self->flushing_ = !active;
    self->changed_.notify_all();
  }
  if (!active) return gst_pad_stop_task(pad);
  using Weak = std::weak_ptr<DataSourcePad>;
  return gst_pad_start_task(
      pad,
      [](gpointer data) {
        if (const auto owner = static_cast<Weak *>(data)->lock()) owner->loop();
      },
      new Weak(self), [](gpointer data) { delete static_cast<Weak *>(data); });
}

void DataSourcePad::attach(const std::shared_ptr<DataChannel> &channel) {
  channel_ = channel;
  if (channel->protocol() == stream_subprotocol && !stream_)
    stream_ = std::make_unique<StreamReceiver>();
  else if (stream_)
    stream_->resume();
  const auto weak = weak_from_this();
  const std::weak_ptr<DataChannel> weak_channel = channel;
  const auto current = [weak, weak_channel]() -> std::shared_ptr<DataSourcePad> {
    auto self = weak.lock();
    return self && self->channel_ == weak_channel.lock() ? self : nullptr;
  };
  DataChannel::Hooks hooks;
  hooks.opened = [] {};
  hooks.drained = [] {};
  hooks.message = [current](const DataMessage &message) {
    if (const auto self = current()) self->heard(message);
  };
  hooks.closed = [current](const std::string &reason) {
    if (const auto self = current()) self->closed(reason);
  };
  channel->listen(std::move(hooks));
}

void DataSourcePad::heard(const DataMessage &message) {
  if (failed_) return;
  stream_ ? heard_stream(message) : keep(message);
}

void DataSourcePad::heard_stream(const DataMessage &message) {
  if (message.text) {
    if (const auto taken = stream_->received_text(message.view()); !taken)
      return fail(taken.error().message);
    return answer();
  }
  const auto bytes = stream_->received_bytes(message.view());
  if (!bytes) return fail(bytes.error().message);
  if (bytes->empty()) return;
  const auto skipped = static_cast<gsize>(bytes->data() - message.view().data());
  keep({false, adopt(g_bytes_new_from_bytes(message.bytes.get(), skipped, bytes->size()))});
}

void DataSourcePad::answer() {
  if (!channel_) return;
  if (const auto text = stream_->next()) (void)channel_->send_text(*text);
}

void DataSourcePad::closed(const std::string &reason) {
  channel_ = nullptr;
  if (failed_ || !stream_) return reason.empty() ? finish() : void();
  // The sender closes when it knows that all has arrived. A connection that broke may be replaced.
  if (stream_->complete()) return finish();
  if (reason.empty()) fail("the sender closed the channel");
}

void DataSourcePad::end() {
  if (!failed_ && stream_ && !stream_->complete()) return fail("the connection ended");
  finish();
}

void DataSourcePad::fail(const std::string &what) {
  if (std::exchange(failed_, true)) return;
  // So that the sender does not wait for what this side would take.
  if (channel_ && channel_->is_open()) (void)channel_->send_text(write(StreamAbort{what}));
  // Who never asked for it has no use for an error.
  const bool wanted = gst_pad_is_linked(pad());
  if (!wanted) finish();
  (wanted ? hooks_.failed : hooks_.warned)(
      {Error::Kind::failed,
       format("The stream \"%s\" is cut short: %s. What came of it is not the whole.",
              label_.c_str(), what.c_str()),
       what});
}

void DataSourcePad::keep(DataMessage message) {
  const auto now = hooks_.running_time();
  bool lost = false;
  {
    std::lock_guard lock(mutex_);
    queued_ += message.size() + overhead;
    queue_.push_back({std::move(message), now});
    while (queued_ > limit && queue_.size() > 1 && !stream_) {
      queued_ -= queue_.front().message.size() + overhead;
      queue_.pop_front();
      lost = !std::exchange(told_of_loss_, true);
    }
    changed_.notify_all();
  }
  if (lost)
    hooks_.warned({Error::Kind::failed,
                   format("Messages of the data channel \"%s\" are dropped: downstream takes them "
                          "slower than they come. A stream (data-framing=stream at rtcsink) is "
                          "held up instead.",
                          label_.c_str()),
                   "queue full"});
}

void DataSourcePad::finish() {
  std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

void DataSourcePad::stop() {
  std::lock_guard lock(mutex_);
  flushing_ = true;
  changed_.notify_all();
}

bool DataSourcePad::is_flushing() {
  std::lock_guard lock(mutex_);
  return flushing_;
}

// False: at the end, or to be asked again after a flush.
bool DataSourcePad::take(Item &item) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return flushing_ || (gst_pad_is_linked(pad()) && (!queue_.empty() || finished_));
  });
  if (flushing_ || queue_.empty()) return false;
  item = std::move(queue_.front());
  queue_.pop_front();
  queued_ -= item.message.size() + overhead;
  return true;
}

void DataSourcePad::begin(bool text) {
  if (!started_) {
    const auto id = format("rtcsrc-data-%08x", g_random_int());
    gst_pad_push_event(pad(), gst_event_new_stream_start(id.c_str()));
  }
  if (!started_ || text != text_) {
    const auto caps =
        adopt(text ? gst_caps_new_simple("text/x-raw", "format", G_TYPE_STRING, "utf8", nullptr)
                   : gst_caps_new_empty_simple("application/octet-stream"));
    gst_pad_push_event(pad(), gst_event_new_caps(caps.get()));
  }
  if (!started_) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(pad(), gst_event_new_segment(&segment));
  }
  started_ = true;
  text_ = text;
}

void DataSourcePad::loop() {
  Item item;
  if (!take(item)) {
    if (!is_flushing()) {
      begin(text_);
      gst_pad_push_event(pad(), gst_event_new_eos());
    }
    gst_pad_pause_task(pad());
    return;
  }
  begin(item.message.text);
  const auto size = item.message.size();
  auto *buffer = gst_buffer_new_wrapped_bytes(item.message.bytes.get());
  GST_BUFFER_PTS(buffer) = item.time;
  const auto result = gst_pad_push(pad(), buffer);
  if (result == GST_FLOW_OK) return pushed(size);
  hooks_.post(if_alive(weak_from_this(), [](DataSourcePad &self) {
    if (self.stream_ && !self.is_flushing()) self.fail("downstream did not take all of it");
  }));
  if (result > GST_FLOW_EOS) return;
  gst_pad_pause_task(pad());
  if (result != GST_FLOW_EOS)
    hooks_.failed({Error::Kind::failed,
                   format("What came over the data channel \"%s\" could not be handed on; see the "
                          "errors of the elements downstream.",
                          label_.c_str()),
                   gst_flow_get_name(result)});
}

// The sender of a stream may send as much again.
void DataSourcePad::pushed(size_t bytes) {
  hooks_.post(if_alive(weak_from_this(), [bytes](DataSourcePad &self) {
    if (!self.stream_) return;
    self.stream_->consumed(bytes);
    self.answer();
  }));
}

}  // namespace rtc
