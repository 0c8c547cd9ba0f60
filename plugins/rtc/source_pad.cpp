#include "source_pad.hpp"

#include <gst/video/video.h>

#include "base/log.hpp"
#include "base/signal.hpp"
#include "base/text.hpp"
#include "media/held_pad.hpp"
#include "session/received_tracks.hpp"

namespace rtc {

// The end of one session's media inside: a sink pad without an element whose functions push through
// the SourcePad, in the same streaming thread.
struct SourcePad::Bridge {
  std::weak_ptr<SourcePad> owner;
  Ref<GstElement> pipeline;
  Ref<GstElement> chain;
  Ref<GstPad> pad;
  GstSegment segment;
  GstClockTimeDiff offset = 0;
  bool fresh = true;  // nothing came through yet

  // Null once detached.
  static std::shared_ptr<Bridge> of(GstPad *pad) {
    return static_cast<std::weak_ptr<Bridge> *>(pad->chaindata)->lock();
  }

  static std::shared_ptr<Bridge> create(std::weak_ptr<SourcePad> owner) {
    auto bridge = std::make_shared<Bridge>();
    bridge->owner = std::move(owner);
    gst_segment_init(&bridge->segment, GST_FORMAT_TIME);
    bridge->pad = sink(gst_pad_new("bridge", GST_PAD_SINK));
    const GDestroyNotify drop = [](gpointer p) { delete static_cast<std::weak_ptr<Bridge> *>(p); };
    gst_pad_set_chain_function_full(
        bridge->pad.get(),
        [](GstPad *pad, GstObject *, GstBuffer *buffer) {
          const auto self = of(pad);
          const auto owner = self ? self->owner.lock() : nullptr;
          if (owner) return owner->push(*self, buffer);
          gst_buffer_unref(buffer);
          return GST_FLOW_OK;
        },
        new std::weak_ptr<Bridge>(bridge), drop);
    gst_pad_set_event_function(bridge->pad.get(),
                               [](GstPad *pad, GstObject *, GstEvent *event) -> gboolean {
                                 const auto self = of(pad);
                                 const auto owned = adopt(event);
                                 const auto owner = self ? self->owner.lock() : nullptr;
                                 return owner ? owner->handle_media_event(*self, event) : TRUE;
                               });
    gst_pad_set_query_function(bridge->pad.get(),
                               [](GstPad *pad, GstObject *parent, GstQuery *query) -> gboolean {
                                 const auto self = of(pad);
                                 const auto owner = self ? self->owner.lock() : nullptr;
                                 switch (GST_QUERY_TYPE(query)) {
                                   case GST_QUERY_CAPS:
                                   case GST_QUERY_ACCEPT_CAPS:
                                   case GST_QUERY_ALLOCATION:
                                     return owner && gst_pad_peer_query(owner->pad(), query);
                                   default:
                                     return gst_pad_query_default(pad, parent, query);
                                 }
                               });
    gst_pad_set_active(bridge->pad.get(), TRUE);
    return bridge;
  }
};

std::shared_ptr<SourcePad> SourcePad::create(GstPadTemplate *pad_template, const char *name,
                                             MediaKind kind, milliseconds latency, Hooks hooks) {
  auto self = std::shared_ptr<SourcePad>(new SourcePad(kind, latency, std::move(hooks)));
  self->pad_ = sink(gst_pad_new_from_template(pad_template, name));
  using Weak = std::weak_ptr<SourcePad>;
  gst_pad_set_event_function_full(self->pad(), handle_event, new Weak(self),
                                  [](gpointer p) { delete static_cast<Weak *>(p); });
  gst_pad_set_query_function_full(self->pad(), handle_query, new Weak(self),
                                  [](gpointer p) { delete static_cast<Weak *>(p); });
  self->linked_ = connect_weak<void(GstPad *, GstPad *)>(
      self->pad(), "linked", Weak(self), [](SourcePad &pad, GstPad *, GstPad *) {
        pad.hooks_.post(if_alive(pad.weak_from_this(), [](SourcePad &p) {
          if (p.pending_) p.link(*std::exchange(p.pending_, nullptr));
        }));
      });
  gst_pad_set_active(self->pad(), TRUE);
  return self;
}

SourcePad::SourcePad(MediaKind kind, milliseconds latency, Hooks hooks)
    : kind_(kind), latency_(latency), hooks_(std::move(hooks)) {}

SourcePad::~SourcePad() { stop(); }

void SourcePad::attach(const Codec &codec, GstElement *pipeline, const Ref<GstPad> &rtp,
                       GstClockTimeDiff offset) {
  detach();
  Media media{&codec, share(pipeline), rtp, offset};
  if (gst_pad_is_linked(pad())) return link(media);
  discard(rtp.get());
  pending_ = std::make_unique<Media>(std::move(media));
}

void SourcePad::link(const Media &media) {
  if (const auto built = build(media); !built) {
    discard(media.rtp.get());
    hooks_.failed(built.error());
  }
}

Result<bool> SourcePad::build(const Media &media) {
  auto accepted = adopt(gst_pad_peer_query_caps(pad(), nullptr));
  if (hooks_.played) {
    const auto raw = adopt(gst_caps_new_empty_simple("audio/x-raw"));
    if (gst_caps_can_intersect(accepted.get(), raw.get()))
      accepted = adopt(gst_caps_intersect(accepted.get(), raw.get()));
  }
  const auto form = choose_form(*media.codec, accepted.get());
  if (!form) return form.error();
  auto chain = make_receive_chain(*media.codec, *form);
  if (!chain) return chain.error();

  auto bridge = Bridge::create(weak_from_this());
  bridge->pipeline = media.pipeline;
  bridge->chain = *chain;
  bridge->offset = media.offset;
  gst_bin_add(GST_BIN(media.pipeline.get()), chain->get());
  const auto source = adopt(gst_element_get_static_pad(chain->get(), "src"));
  const auto sink_pad = adopt(gst_element_get_static_pad(chain->get(), "sink"));
  {
    std::lock_guard lock(mutex_);
    bridge_ = bridge;
    mid_ = mid_of(media.rtp.get());
  }
  send_stream_start();
  gst_pad_link_full(source.get(), bridge->pad.get(), GST_PAD_LINK_CHECK_NOTHING);
  gst_element_sync_state_with_parent(chain->get());
  if (gst_pad_link_full(media.rtp.get(), sink_pad.get(), GST_PAD_LINK_CHECK_NOTHING) !=
      GST_PAD_LINK_OK)
    return Error{Error::Kind::failed, "A received track could not be linked.",
                 "webrtcbin source pad"};
  release(media.rtp.get());
  return true;
}

void SourcePad::detach() {
  pending_.reset();
  std::shared_ptr<Bridge> bridge;
  {
    std::lock_guard lock(mutex_);
    bridge = std::move(bridge_);
  }
  if (!bridge) return;
  // A push that is blocked downstream is waited for, which is nothing for the loop.
  hooks_.dispose([bridge = std::move(bridge)] { gst_pad_set_active(bridge->pad.get(), FALSE); });
}

void SourcePad::send_stream_start() {
  if (started_.exchange(true)) return;
  const auto id = format("rtc-%s-%08x", GST_PAD_NAME(pad()), g_random_int());
  gst_pad_push_event(pad(), gst_event_new_stream_start(id.c_str()));
}

GstFlowReturn SourcePad::push(Bridge &bridge, GstBuffer *buffer) {
  const auto to_running_time = [&](GstClockTime time) {
    if (!GST_CLOCK_TIME_IS_VALID(time)) return time;
    const auto running = static_cast<GstClockTimeDiff>(
                             gst_segment_to_running_time(&bridge.segment, GST_FORMAT_TIME, time)) +
                         bridge.offset;
    return static_cast<GstClockTime>(std::max<GstClockTimeDiff>(running, 0));
  };
  const auto pts = to_running_time(GST_BUFFER_PTS(buffer)),
             dts = to_running_time(GST_BUFFER_DTS(buffer));
  if (pts != GST_BUFFER_PTS(buffer) || dts != GST_BUFFER_DTS(buffer)) {
    buffer = gst_buffer_make_writable(buffer);
    GST_BUFFER_PTS(buffer) = pts;
    GST_BUFFER_DTS(buffer) = dts;
  }
  std::lock_guard lock(flow_mutex_);
  send_segment(pts);
  if (std::exchange(bridge.fresh, false)) buffer = begin_anew(buffer);
  if (GST_BUFFER_PTS_IS_VALID(buffer))
    last_end_ = GST_BUFFER_PTS(buffer) +
                (GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer) : 0);
  if (hooks_.played) hooks_.played(buffer, adopt(gst_pad_get_current_caps(pad())).get());
  const auto flow = gst_pad_push(pad(), buffer);
  // Downstream has had enough (num-buffers of a sink): as every source does, the stream ends.
  if (flow == GST_FLOW_EOS && !ended_.exchange(true))
    gst_pad_push_event(pad(), gst_event_new_eos());
  // What happens downstream is not the session's trouble: it goes on, so that media is there when
  // the pad is linked or flushed again.
  if (flow != GST_FLOW_OK)
    RTC_TRACE("%s: %s downstream", GST_PAD_NAME(pad()), gst_flow_get_name(flow));
  return GST_FLOW_OK;
}

void SourcePad::send_segment(GstClockTime running_time) {
  const auto now = std::chrono::nanoseconds(
      GST_CLOCK_TIME_IS_VALID(running_time) ? static_cast<int64_t>(running_time) : 0);
  const auto mapping = hooks_.control ? hooks_.control->mapping() : mapping_;
  const bool changed =
      mapping.version != mapping_.version && (!mapping.timeline || now >= mapping.timeline->from);
  if (changed) mapping_ = mapping;
  if (segment_sent_.exchange(true) && !changed) return;
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  if (const auto &timeline = mapping_.timeline) {
    segment.start = segment.base = segment.position = static_cast<guint64>(now.count());
    segment.time = static_cast<guint64>(timeline->at(now).count());
    segment.applied_rate = timeline->rate;
  }
  gst_pad_push_event(pad(), gst_event_new_segment(&segment));
}

void SourcePad::flush() {
  // Lets go of a push that waits downstream.
  gst_pad_push_event(pad(), gst_event_new_flush_start());
  std::lock_guard lock(flow_mutex_);
  gst_pad_push_event(pad(), gst_event_new_flush_stop(FALSE));
  segment_sent_ = false;
  std::shared_ptr<Bridge> bridge;
  {
    std::lock_guard attached(mutex_);
    bridge = bridge_;
  }
  // A decoder that was flushed has forgotten what comes after it builds upon.
  if (bridge && kind_ == MediaKind::video)
    gst_pad_push_event(bridge->pad.get(),
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, FALSE, 0));
}

GstBuffer *SourcePad::begin_anew(GstBuffer *buffer) {
  const auto last = last_end_.load();
  if (!GST_CLOCK_TIME_IS_VALID(last) || !GST_BUFFER_PTS_IS_VALID(buffer)) return buffer;
  buffer = gst_buffer_make_writable(buffer);
  GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  if (GST_BUFFER_PTS(buffer) > last)
    gst_pad_push_event(pad(), gst_event_new_gap(last, GST_BUFFER_PTS(buffer) - last));
  return buffer;
}

gboolean SourcePad::handle_media_event(Bridge &bridge, GstEvent *event) {
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS:
    case GST_EVENT_TAG:
      return gst_pad_push_event(pad(), gst_event_ref(event));
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment(event, &bridge.segment);
      return TRUE;
    default:
      return TRUE;  // stream-start, segment and EOS are this pad's own
  }
}

gboolean SourcePad::handle_event(GstPad *pad, GstObject *, GstEvent *event) {
  const auto owned = adopt(event);
  const auto self = static_cast<std::weak_ptr<SourcePad> *>(pad->eventdata)->lock();
  if (!self) return FALSE;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_LATENCY:
      if (self->hooks_.latency) {
        GstClockTime latency = 0;
        gst_event_parse_latency(event, &latency);
        self->hooks_.latency(latency);
      }
      return TRUE;
    case GST_EVENT_CUSTOM_UPSTREAM:  // force-key-unit becomes a PLI
      if (self->hooks_.control && self->hooks_.control->handle_event(event, "")) return TRUE;
      [[fallthrough]];
    case GST_EVENT_RECONFIGURE: {
      std::shared_ptr<Bridge> bridge;
      {
        std::lock_guard lock(self->mutex_);
        bridge = self->bridge_;
      }
      return bridge && gst_pad_push_event(bridge->pad.get(), gst_event_ref(event));
    }
    default: {
      std::string mid;
      {
        std::lock_guard lock(self->mutex_);
        mid = self->mid_;
      }
      return self->hooks_.control && self->hooks_.control->handle_event(event, mid);
    }
  }
}

gboolean SourcePad::handle_query(GstPad *pad, GstObject *parent, GstQuery *query) {
  const auto self = static_cast<std::weak_ptr<SourcePad> *>(pad->querydata)->lock();
  if (self && GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) {
    gst_query_set_latency(query, TRUE,
                          duration_cast<std::chrono::nanoseconds>(self->latency_).count(),
                          GST_CLOCK_TIME_NONE);
    return TRUE;
  }
  if (self && self->hooks_.control && self->hooks_.control->handle_query(query)) return TRUE;
  return gst_pad_query_default(pad, parent, query);
}

void SourcePad::end() {
  send_stream_start();
  if (!ended_.exchange(true)) gst_pad_push_event(pad(), gst_event_new_eos());
}

void SourcePad::stop() {
  gst_pad_set_active(pad(), FALSE);
  detach();
}

}  // namespace rtc
