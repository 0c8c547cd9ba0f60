#include "data_source_pad.hpp"

#include "base/signal.hpp"
#include "base/text.hpp"
#include "gstrtcdatasourcepad.hpp"
#include "timed_caps.hpp"

namespace rtc {

namespace {
constexpr size_t overhead = 256;  // of a message, whatever its size
// More than the window of a stream, unless its pieces are tiny.
constexpr size_t most_of_a_stream = 2 * stream_max_window;
// For a frame that does not come; one that was lost is passed by the next one.
constexpr auto patience = seconds(1);
constexpr auto check_period = milliseconds(20);

std::optional<TimedKind> text_of(const DataMessage &message) {
  return message.text ? std::optional(TimedKind::text) : std::nullopt;
}
}  // namespace

std::shared_ptr<DataSourcePad> DataSourcePad::create(GstPadTemplate *pad_template, const char *name,
                                                     Source source, Hooks hooks) {
  auto self =
      std::shared_ptr<DataSourcePad>(new DataSourcePad(std::move(source), std::move(hooks)));
  self->pad_ = sink(new_rtc_data_source_pad(name, pad_template));
  DataChannelInit init;
  init.label = self->source_.label;
  set_channel(self->pad(), init, "");
  // What comes out has nothing to do with what goes into the element's other pads.
  gst_pad_set_iterate_internal_links_function(
      self->pad(), [](GstPad *, GstObject *) -> GstIterator * { return nullptr; });
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

DataSourcePad::DataSourcePad(Source source, Hooks hooks)
    : source_(std::move(source)), hooks_(std::move(hooks)) {}

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

bool DataSourcePad::attach(const std::shared_ptr<DataChannel> &channel,
                           const std::string &peer_id) {
  if (channel->is_stream() ? has_messages_ : bool(stream_)) return false;
  set_channel(pad(), channel->init(), peer_id);
  for (const auto *name : {"protocol", "ordered", "max-retransmits", "max-packet-lifetime",
                           "priority", "negotiated", "id", "peer-id"})
    g_object_notify(G_OBJECT(pad()), name);
  if (!channel->is_stream())
    has_messages_ = true;
  else if (!stream_)
    stream_ = std::make_unique<StreamReceiver>();
  else
    stream_->resume();
  std::erase(channels_, channel);
  channels_.push_back(channel);
  const auto weak = weak_from_this();
  const std::weak_ptr<DataChannel> weak_channel = channel;
  DataChannel::Reader reader;
  reader.message = [weak, weak_channel](const DataMessage &message) {
    if (const auto self = weak.lock()) self->heard(weak_channel.lock(), message);
  };
  reader.closed = [weak, weak_channel](const std::string &reason) {
    if (const auto self = weak.lock()) self->closed(weak_channel.lock(), reason);
  };
  channel->read(std::move(reader));
  return true;
}

void DataSourcePad::heard(const std::shared_ptr<DataChannel> &channel, const DataMessage &message) {
  if (failed_ || channels_.empty()) return;
  if (!stream_ && channel && channel->is_timed()) return heard_timed(message);
  if (!stream_) return keep({message, {}, text_of(message), {}, {}});
  if (channel == channels_.back()) heard_stream(message);
}

void DataSourcePad::heard_timed(const DataMessage &message) {
  // Whoever answers over the channel may not know of frames.
  if (message.text) return keep({message, {}, TimedKind::text, {}, {}});
  const auto read = read_timed(message.view());
  if (!read) {
    if (!std::exchange(told_of_timed_, true)) hooks_.warned(read.error());
    return;
  }
  const auto skipped = static_cast<gsize>(read->payload.data() - message.view().data());
  auto bytes =
      adopt(g_bytes_new_from_bytes(message.bytes.get(), skipped, message.size() - skipped));
  keep({{false, std::move(bytes)}, {}, read->kind, read->frame, Clock::now()});
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
  auto piece = adopt(g_bytes_new_from_bytes(message.bytes.get(), skipped, bytes->size()));
  keep({{false, std::move(piece)}, {}, {}, {}, {}});
  if (kept() > most_of_a_stream) fail("its pieces are too small to be kept");
}

void DataSourcePad::answer() {
  if (channels_.empty()) return;
  if (const auto text = stream_->next()) (void)channels_.back()->send_text(*text);
}

void DataSourcePad::closed(const std::shared_ptr<DataChannel> &channel, const std::string &reason) {
  const bool current = !channels_.empty() && channel == channels_.back();
  std::erase(channels_, channel);
  if (failed_ || !stream_) return reason.empty() && channels_.empty() ? finish() : void();
  if (!current) return;
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
  if (!channels_.empty() && channels_.back()->is_open())
    (void)channels_.back()->send_text(write(StreamAbort{what}));
  // Who never asked for it has no use for an error.
  const bool wanted = gst_pad_is_linked(pad());
  {
    std::lock_guard lock(mutex_);
    cut_ = wanted;
  }
  if (!wanted || hooks_.ended) finish();
  (wanted ? hooks_.failed : hooks_.warned)(
      {Error::Kind::failed,
       format("The stream \"%s\" is cut short: %s. What came of it is not the whole.",
              source_.label.c_str(), what.c_str()),
       what});
}

size_t DataSourcePad::kept() {
  std::lock_guard lock(mutex_);
  return queued_;
}

void DataSourcePad::keep(Item item) {
  item.time = hooks_.running_time();
  bool lost = false;
  {
    std::lock_guard lock(mutex_);
    queued_ += item.message.size() + overhead;
    queue_.push_back(std::move(item));
    while (queued_ > source_.limit && queue_.size() > 1 && !stream_) {
      queued_ -= queue_.front().message.size() + overhead;
      queue_.pop_front();
      lost = !std::exchange(told_of_loss_, true);
    }
    changed_.notify_all();
  }
  if (lost)
    hooks_.warned({Error::Kind::failed,
                   format("Messages of the data channel \"%s\" are dropped: downstream takes them "
                          "slower than they come. A stream (data-framing=stream at the sending "
                          "pad) is held up instead.",
                          source_.label.c_str()),
                   "queue full"});
}

void DataSourcePad::finish() {
  if (std::exchange(ending_, true)) return;
  bool left = false;
  {
    std::lock_guard lock(mutex_);
    finished_ = true;
    left = broken_;
    changed_.notify_all();
  }
  if (left) leave();
}

void DataSourcePad::leave() {
  if (!hooks_.ended) return;
  hooks_.post(if_alive(weak_from_this(), [](DataSourcePad &self) { self.hooks_.ended(self); }));
}

void DataSourcePad::stop() {
  std::lock_guard lock(mutex_);
  flushing_ = true;
  changed_.notify_all();
}

bool DataSourcePad::is_cut() {
  std::lock_guard lock(mutex_);
  return cut_;
}

bool DataSourcePad::is_flushing() {
  std::lock_guard lock(mutex_);
  return flushing_;
}

// False: at the end, or to be asked again after a flush.
bool DataSourcePad::take(Item &item) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    const bool linked = gst_pad_is_linked(pad());
    return flushing_ || (linked && !queue_.empty()) || (finished_ && (linked || hooks_.ended));
  });
  if (flushing_ || queue_.empty() || !gst_pad_is_linked(pad())) return false;
  item = std::move(queue_.front());
  queue_.pop_front();
  queued_ -= item.message.size() + overhead;
  return true;
}

// Waits until the frame has left the jitter buffer, which only then says when it is. False:
// flushing.
bool DataSourcePad::find_time(Item &item) {
  while (item.frame && hooks_.times) {
    const auto moment = hooks_.times->wait(item.frame->mid, item.frame->timestamp, check_period);
    if (moment.time) item.time = *moment.time;
    if (moment.passed) return true;
    std::lock_guard lock(mutex_);
    if (flushing_) return false;
    if (finished_ || Clock::now() - item.since > patience) return true;
  }
  return true;
}

void DataSourcePad::begin(std::optional<TimedKind> kind) {
  if (!started_) {
    const auto id = format("rtc-data-%08x", g_random_int());
    gst_pad_push_event(pad(), gst_event_new_stream_start(id.c_str()));
  }
  if (!started_ || kind != kind_) {
    const auto caps =
        kind ? caps_of(*kind) : adopt(gst_caps_new_empty_simple("application/octet-stream"));
    gst_pad_push_event(pad(), gst_event_new_caps(caps.get()));
  }
  if (!started_) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(pad(), gst_event_new_segment(&segment));
  }
  started_ = true;
  kind_ = kind;
}

void DataSourcePad::loop() {
  Item item;
  if (!take(item)) {
    if (!is_flushing()) {
      begin(kind_);
      if (!is_cut()) gst_pad_push_event(pad(), gst_event_new_eos());
      leave();
    }
    gst_pad_pause_task(pad());
    return;
  }
  if (!find_time(item)) return;
  begin(item.kind);
  const auto size = item.message.size();
  auto *buffer = gst_buffer_new_wrapped_bytes(item.message.bytes.get());
  GST_BUFFER_PTS(buffer) = item.time;
  const auto result = gst_pad_push(pad(), buffer);
  result == GST_FLOW_OK ? pushed(size) : not_taken(result);
}

void DataSourcePad::not_taken(GstFlowReturn result) {
  hooks_.post(if_alive(weak_from_this(), [](DataSourcePad &self) {
    if (self.stream_ && !self.is_flushing()) self.fail("downstream did not take all of it");
  }));
  if (result > GST_FLOW_EOS) return;
  // Was unlinked: somebody else may come.
  if (result == GST_FLOW_NOT_LINKED && !gst_pad_is_linked(pad())) return;
  gst_pad_pause_task(pad());
  bool ending = false;
  {
    std::lock_guard lock(mutex_);
    broken_ = true;
    ending = finished_;
  }
  if (result != GST_FLOW_EOS)
    hooks_.failed({Error::Kind::failed,
                   format("What came over the data channel \"%s\" could not be handed on; see the "
                          "errors of the elements downstream.",
                          source_.label.c_str()),
                   gst_flow_get_name(result)});
  if (ending) leave();
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
