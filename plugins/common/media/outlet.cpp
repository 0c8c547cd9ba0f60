#include "media/outlet.hpp"

#include <gst/video/video.h>

#include <algorithm>
#include <atomic>

#include "base/log.hpp"

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
constexpr int32_t replay_step = 90;  // RTP ticks between frames of a backlog: 1 ms of video
}  // namespace

std::shared_ptr<Outlet> Outlet::create(MediaKind kind, KeyframeWanted keyframe_wanted) {
  auto outlet = std::shared_ptr<Outlet>(new Outlet(kind, std::move(keyframe_wanted)));
  auto *weak = new std::weak_ptr<Outlet>(outlet);
  auto release = [](gpointer data) { delete static_cast<std::weak_ptr<Outlet> *>(data); };
  gst_pad_set_event_function_full(outlet->pad(), handle_event, weak, release);
  gst_pad_set_query_function(outlet->pad(), handle_query);
  gst_pad_set_active(outlet->pad(), TRUE);
  return outlet;
}

Outlet::Outlet(MediaKind kind, KeyframeWanted keyframe_wanted)
    : kind_(kind),
      keyframe_wanted_(std::move(keyframe_wanted)),
      pad_(sink(gst_pad_new("src", GST_PAD_SRC))) {}

Outlet::~Outlet() { gst_pad_set_active(pad_.get(), FALSE); }

gboolean Outlet::handle_event(GstPad *pad, GstObject *, GstEvent *event) {
  const auto owned = adopt(event);
  if (!gst_video_event_is_force_key_unit(event)) return TRUE;
  const auto self = static_cast<std::weak_ptr<Outlet> *>(pad->eventdata)->lock();
  if (!self) return FALSE;
  {
    std::lock_guard lock(self->mutex_);
    self->counters_.keyframe_requests++;
  }
  self->keyframe_wanted_(self);
  return TRUE;
}

gboolean Outlet::handle_query(GstPad *pad, GstObject *parent, GstQuery *query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
  gst_query_set_latency(query, TRUE, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

void Outlet::set_caps(GstCaps *caps, const RtpLayout &layout) {
  rewriter_ = std::make_unique<RtpRewriter>(layout);
  static std::atomic<unsigned> serial{0};
  const auto id = "rtc-outlet-" + std::to_string(serial++);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(pad(), gst_event_new_stream_start(id.c_str()));
  gst_pad_push_event(pad(), gst_event_new_caps(caps));
  gst_pad_push_event(pad(), gst_event_new_segment(&segment));
}

bool Outlet::start(const std::vector<RtpFramePtr> &backlog) {
  std::lock_guard lock(mutex_);
  if (state_ == State::closed) return false;
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
    queue_.push_back(
        {backlog[i], static_cast<int32_t>(wanted - backlog[i]->packets.front().header.timestamp)});
  }
  return schedule_locked();
}

bool Outlet::offer(const RtpFramePtr &frame) {
  bool stuck = false;
  {
    std::lock_guard lock(mutex_);
    if (state_ == State::idle || state_ == State::closed) return false;
    if (live_queued_ >= max_queued_frames) {
      drop_queue_locked();
      stuck = true;
      if (kind_ == MediaKind::video) state_ = State::waiting;
    }
    if (state_ == State::waiting) {
      if (!frame->keyframe) {
        counters_.dropped++;
        if (!stuck) return false;
      } else {
        state_ = State::flowing;
      }
    }
    if (state_ == State::flowing) {
      queue_.push_back({frame, 0});
      live_queued_++;
      return schedule_locked();
    }
  }
  keyframe_wanted_(shared_from_this());
  return false;
}

bool Outlet::schedule_locked() { return !std::exchange(scheduled_, true); }

void Outlet::drop_queue_locked() {
  counters_.dropped += queue_.size();
  queue_.clear();
  live_queued_ = 0;
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

Duration Outlet::run() {
  size_t burst = 0;
  std::unique_lock lock(mutex_);
  while (!queue_.empty()) {
    if (burst >= max_burst && queue_.size() > 1) return burst_pause;  // and stays scheduled
    const auto entry = std::move(queue_.front());
    queue_.pop_front();
    if (entry.shift == 0 && live_queued_ > 0) live_queued_--;
    counters_.frames++;
    burst += entry.frame->packets.size();
    lock.unlock();
    auto list =
        rewriter_->rewrite(*entry.frame, entry.shift, abs_send_time(g_get_monotonic_time()));
    const auto flow = gst_pad_push_list(pad(), list.release());
    lock.lock();
    if (flow == GST_FLOW_OK) continue;
    RTC_DEBUG("viewer pad returned %s, outlet closed", gst_flow_get_name(flow));
    state_ = State::closed;
    queue_.clear();
  }
  scheduled_ = false;
  return Duration::zero();
}

}  // namespace rtc
