#include "media/outlet.hpp"

#include <gst/video/video.h>

#include <algorithm>
#include <atomic>
#include <limits>

#include "base/log.hpp"
#include "media/catch_up.hpp"

namespace rtc {

namespace {
// About two seconds of video or audio: longer than any scheduling hiccup, short enough to catch up.
constexpr size_t max_queued_frames = 100;
// A viewer that keeps asking gets the backlog again at most this often.
constexpr auto repeat_interval = milliseconds(500);
// A backlog goes out in bursts of this many packets with pauses: all at once it would overflow the
// receive buffer of a socket, 100 packets by default.
constexpr size_t max_burst = 40;
constexpr auto burst_pause = milliseconds(4);
// What is live waits behind a backlog. When half of it that may does so, or after this time, the
// rest goes out whatever the others do.
constexpr auto longest_sharing = seconds(2);
constexpr double pace_step = 0.005;  // seconds of the pace that go out at once
constexpr double mtu = 1200;
// What would wait longer than this at the pace is not worth it where a keyframe comes anyway.
constexpr double long_wait = 0.1;            // seconds
constexpr int32_t most_behind = 10 * 90000;  // more is a new turn of the RTP clock
constexpr int32_t replay_step = 90;          // RTP ticks between frames of a backlog: 1 ms of video
// All outlets of the process have the same machine.
CatchUp catch_up;
}  // namespace

std::shared_ptr<Outlet> Outlet::create(MediaKind kind, Hooks hooks) {
  auto outlet = std::shared_ptr<Outlet>(new Outlet(kind, std::move(hooks)));
  auto *weak = new std::weak_ptr<Outlet>(outlet);
  auto release = [](gpointer data) { delete static_cast<std::weak_ptr<Outlet> *>(data); };
  gst_pad_set_event_function_full(outlet->pad(), handle_event, weak, release);
  gst_pad_set_query_function(outlet->pad(), handle_query);
  gst_pad_set_active(outlet->pad(), TRUE);
  return outlet;
}

Outlet::Outlet(MediaKind kind, Hooks hooks)
    : kind_(kind), hooks_(std::move(hooks)), pad_(sink(gst_pad_new("src", GST_PAD_SRC))) {}

Outlet::~Outlet() { gst_pad_set_active(pad_.get(), FALSE); }

gboolean Outlet::handle_event(GstPad *pad, GstObject *, GstEvent *event) {
  const auto owned = adopt(event);
  const auto self = static_cast<std::weak_ptr<Outlet> *>(pad->eventdata)->lock();
  if (!self) return FALSE;
  if (!gst_video_event_is_force_key_unit(event)) return TRUE;
  {
    std::lock_guard lock(self->mutex_);
    self->counters_.keyframe_requests++;
  }
  self->hooks_.keyframe_wanted(self);
  return TRUE;
}

gboolean Outlet::handle_query(GstPad *pad, GstObject *parent, GstQuery *query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
  gst_query_set_latency(query, TRUE, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

void Outlet::set_caps(GstCaps *caps, const RtpLayout &layout, const FecStream &fec) {
  rewriter_ = std::make_unique<RtpRewriter>(layout);
  parity_ = fec.payload_type ? std::make_unique<ParityStream>(fec, layout) : nullptr;
  gint clock_rate = 0;
  gst_structure_get_int(gst_caps_get_structure(caps, 0), "clock-rate", &clock_rate);
  {
    std::lock_guard lock(mutex_);
    clock_rate_ = static_cast<unsigned>(clock_rate);
  }
  static std::atomic<unsigned> serial{0};
  const auto id = "rtc-outlet-" + std::to_string(serial++);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(pad(), gst_event_new_stream_start(id.c_str()));
  gst_pad_push_event(pad(), gst_event_new_caps(caps));
  gst_pad_push_event(pad(), gst_event_new_segment(&segment));
}

bool Outlet::start(Source source, const std::vector<RtpFramePtr> &backlog) {
  std::lock_guard lock(mutex_);
  if (state_ == State::closed) return false;
  source_ = source;
  awaited_ = 0;
  const bool again = state_ != State::idle;
  const auto now = Clock::now();
  if (again && now - started_ < repeat_interval) return false;
  started_ = now;
  drop_queue_locked();
  state_ = backlog.empty() && kind_ == MediaKind::video ? State::waiting : State::flowing;
  if (backlog.empty()) return false;

  // The receiver plays by RTP time: squeezed next to the live edge the backlog is decoded at once
  // and does not delay what follows. What was sent before must stay before it.
  const auto count = static_cast<int32_t>(backlog.size());
  const auto live = backlog.back()->packets.front().header.timestamp;
  const auto step = std::clamp(1500 / count, 1, replay_step);
  for (int32_t i = 0; i < count; i++) {
    const auto wanted =
        live + static_cast<uint32_t>(again ? (i + 1) * step : (i + 1 - count) * replay_step);
    enqueue_locked(backlog[i],
                   static_cast<int32_t>(wanted - backlog[i]->packets.front().header.timestamp),
                   false);
  }
  return schedule_locked();
}

void Outlet::await(Source source) {
  std::lock_guard lock(mutex_);
  awaited_ = source == source_ ? 0 : source;
}

bool Outlet::takes(Source source) const {
  std::lock_guard lock(mutex_);
  return source == source_ || source == awaited_;
}

bool Outlet::changing() const {
  std::lock_guard lock(mutex_);
  return awaited_ != 0;
}

bool Outlet::needs_keyframe() const {
  std::lock_guard lock(mutex_);
  return awaited_ != 0 || state_ == State::waiting;
}

void Outlet::pause() {
  std::lock_guard lock(mutex_);
  if (state_ == State::closed) return;
  state_ = State::idle;
  source_ = awaited_ = 0;
  floor_ = last_timestamp_;
  drop_queue_locked();
}

// Encoders take their time: the new group may be some frames behind the old one.
void Outlet::enqueue_locked(const RtpFramePtr &frame, int32_t shift, bool live) {
  auto timestamp = frame->packets.front().header.timestamp + static_cast<uint32_t>(shift);
  if (floor_) {
    const auto behind = static_cast<int32_t>(*floor_ + replay_step - timestamp);
    if (behind > 0 && behind < most_behind) {
      shift += behind;
      timestamp += static_cast<uint32_t>(behind);
      floor_ = timestamp;
    } else {
      floor_.reset();
    }
  }
  last_timestamp_ = timestamp;
  // Already here, for what belongs to the frame is best there before it.
  if (times_ && GST_CLOCK_TIME_IS_VALID(frame->time))
    times_->learn(timestamp, RtpTimeline::Time(frame->time));
  queue_.push_back({frame, shift, live});
  if (live) live_queued_++;
}

// Whether the frame is one of those that count; the keyframe that is awaited makes the change.
bool Outlet::accept_locked(Source source, bool keyframe) {
  if (state_ == State::idle || state_ == State::closed) return false;
  if (source == source_) return true;
  if (source != awaited_ || !keyframe) return false;
  source_ = std::exchange(awaited_, 0);
  floor_ = last_timestamp_;
  return true;
}

bool Outlet::offer(Source source, const RtpFramePtr &frame) {
  bool stuck = false, changed = false, due = false, awaited = false;
  {
    std::lock_guard lock(mutex_);
    const auto before = source_;
    if (!accept_locked(source, frame->keyframe)) return false;
    changed = source_ != before;
    if (live_queued_ >= max_queued_frames) {
      drop_queue_locked();
      stuck = true;
      if (kind_ == MediaKind::video) state_ = State::waiting;
    }
    if (state_ == State::waiting && frame->keyframe) state_ = State::flowing;
    // On a path that is full nobody needs the frames before a keyframe any more, those that are
    // still to come included.
    if (state_ == State::flowing && (frame->keyframe || awaited_) && is_late_locked()) {
      if (frame->keyframe)
        drop_queue_locked();
      else
        state_ = State::waiting;
    }
    if (state_ == State::flowing) {
      enqueue_locked(frame, 0, true);
      awaited = times_ && std::exchange(frame_awaited_, false);
      due = schedule_locked();
      stuck = false;
    } else {
      counters_.dropped++;
    }
  }
  if (awaited && hooks_.frame_leaves) hooks_.frame_leaves();
  if (changed && hooks_.changed) hooks_.changed(shared_from_this());
  if (stuck) hooks_.keyframe_wanted(shared_from_this());
  return due;
}

bool Outlet::schedule_locked() { return !std::exchange(scheduled_, true); }

void Outlet::drop_queue_locked() {
  counters_.dropped += queue_.size();
  queue_.clear();
  live_queued_ = 0;
}

bool Outlet::is_late_locked() const {
  const double pace = pacing_;
  if (pace <= 0) return false;
  size_t bytes = 0;
  for (const auto &entry : queue_) bytes += entry.frame->bytes;
  return static_cast<double>(bytes) * 8 > pace * long_wait;
}

void Outlet::close() {
  {
    std::lock_guard lock(mutex_);
    state_ = State::closed;
    queue_.clear();
    live_queued_ = 0;
  }
  gst_pad_set_active(pad(), FALSE);
}

Outlet::Counters Outlet::counters() const {
  std::lock_guard lock(mutex_);
  return counters_;
}

std::optional<Outlet::Packet> Outlet::largest_recent() const {
  std::lock_guard lock(mutex_);
  const auto largest = std::max_element(
      recent_.begin(), recent_.end(), [](const auto &a, const auto &b) { return a.size < b.size; });
  return largest->size ? std::optional(*largest) : std::nullopt;
}

void Outlet::keep_times() {
  std::lock_guard lock(mutex_);
  if (!times_ && clock_rate_) times_.emplace(clock_rate_);
}

Outlet::Moment Outlet::moment(RtpTimeline::Time time) {
  std::lock_guard lock(mutex_);
  if (!times_) return {};
  const auto latest = times_->latest();
  const bool passed = latest && *latest >= time;
  if (!passed) frame_awaited_ = true;
  return {times_->timestamp_at(time), passed};
}

bool Outlet::take_next() {
  std::unique_lock lock(mutex_);
  if (queue_.empty()) {
    scheduled_ = false;
    return false;
  }
  const auto entry = std::move(queue_.front());
  queue_.pop_front();
  if (entry.live && live_queued_ > 0) live_queued_--;
  counters_.frames++;
  counters_.bytes += entry.frame->bytes;
  const auto &first = entry.frame->packets.front();
  const auto sequence = rewriter_->next_sequence(*entry.frame);
  recent_[recent_at_++ % recent_.size()] = {first.header.ssrc, sequence,
                                            gst_buffer_get_size(first.payload.get())};
  lock.unlock();
  if (entry.frame->keyframe && hooks_.keyframe_leaves)
    hooks_.keyframe_leaves(first.header.ssrc, sequence, entry.frame->packets.size());
  const auto send_time = abs_send_time(g_get_monotonic_time());
  taken_ = rewriter_->rewrite(*entry.frame, entry.shift, send_time);
  taken_sent_ = 0;
  taken_live_ = entry.live;
  if (parity_) parity_due_ = parity_->frame(taken_.get(), protection_, send_time);
  return true;
}

bool Outlet::take_parity() {
  if (!parity_due_) return false;
  taken_ = std::move(parity_due_);
  taken_sent_ = 0;
  std::lock_guard lock(mutex_);
  counters_.parity_packets += gst_buffer_list_length(taken_.get());
  counters_.parity_bytes += gst_buffer_list_calculate_size(taken_.get());
  return true;
}

std::optional<size_t> Outlet::send(size_t most) {
  const auto length = gst_buffer_list_length(taken_.get());
  const auto count = std::min<guint>(length - taken_sent_, static_cast<guint>(most));
  Ref<GstBufferList> list;
  if (count == length) {
    list = taken_;
  } else {
    list = adopt(gst_buffer_list_new_sized(count));
    for (guint i = 0; i < count; i++)
      gst_buffer_list_add(list.get(),
                          gst_buffer_ref(gst_buffer_list_get(taken_.get(), taken_sent_ + i)));
  }
  taken_sent_ += count;
  if (taken_sent_ == length) taken_.reset();
  const auto bytes = gst_buffer_list_calculate_size(list.get());
  const auto flow = gst_pad_push_list(pad(), list.release());
  if (flow == GST_FLOW_OK) return bytes;
  RTC_DEBUG("viewer pad returned %s, outlet closed", gst_flow_get_name(flow));
  return {};
}

bool Outlet::has_more() const {
  std::lock_guard lock(mutex_);
  return taken_ || parity_due_ || queue_.size() > 1;
}

void Outlet::give_up() {
  taken_.reset();
  parity_due_.reset();
  std::lock_guard lock(mutex_);
  state_ = State::closed;
  queue_.clear();
  scheduled_ = false;
}

Duration Outlet::pause_after(size_t replayed) const {
  if (!replayed) return burst_pause;
  const auto now = Clock::now();
  const auto turn = catch_up.sent(replayed, now);
  std::lock_guard lock(mutex_);
  const bool late = live_queued_ >= max_queued_frames / 2 || now - started_ > longest_sharing;
  return late ? burst_pause : std::max<Duration>(burst_pause, turn);
}

Duration Outlet::run() {
  const auto rate = pacing_.load();
  // A frame at a time, or at the pace a few packets.
  const auto step = rate > 0 ? std::max<size_t>(1, static_cast<size_t>(rate * pace_step / 8 / mtu))
                             : std::numeric_limits<guint>::max();
  size_t packets = 0, replayed = 0, bytes = 0;
  while (taken_ || take_parity() || take_next()) {
    const auto before = taken_ ? gst_buffer_list_length(taken_.get()) - taken_sent_ : 0;
    if (!taken_live_) replayed += std::min<size_t>(before, step);
    const auto sent = send(step);
    if (!sent) {
      give_up();
      return Duration::zero();
    }
    packets += std::min<size_t>(before, step);
    bytes += *sent;
    // Either way it stays scheduled.
    if (rate > 0)
      return duration_cast<Duration>(
          std::chrono::duration<double>(static_cast<double>(bytes) * 8 / rate));
    if (packets >= max_burst && has_more()) return pause_after(replayed);
  }
  return Duration::zero();
}

}  // namespace rtc
