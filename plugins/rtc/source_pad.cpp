#include "source_pad.hpp"

#include "base/log.hpp"
#include "base/signal.hpp"

namespace rtc {

namespace {

constexpr auto hold_key = "rtc-hold-probe";
constexpr auto data = GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);

void set_hold_probe(GstPad *pad, GstPadProbeType type, GstPadProbeCallback callback) {
  const auto id = type ? gst_pad_add_probe(pad, type, callback, nullptr, nullptr) : 0;
  const auto old = GPOINTER_TO_SIZE(g_object_steal_data(G_OBJECT(pad), hold_key));
  if (id) g_object_set_data(G_OBJECT(pad), hold_key, GSIZE_TO_POINTER(id));
  if (old) gst_pad_remove_probe(pad, old);
}

// While nobody is linked there is no use in a growing queue.
void discard(GstPad *pad) {
  set_hold_probe(pad, data,
                 [](GstPad *, GstPadProbeInfo *, gpointer) { return GST_PAD_PROBE_DROP; });
}

}  // namespace

void hold_back(GstPad *pad) {
  set_hold_probe(pad, GstPadProbeType(GST_PAD_PROBE_TYPE_BLOCK | data),
                 [](GstPad *, GstPadProbeInfo *, gpointer) { return GST_PAD_PROBE_OK; });
}

void release(GstPad *pad) { set_hold_probe(pad, GstPadProbeType(0), nullptr); }

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
  const auto accepted = adopt(gst_pad_peer_query_caps(pad(), nullptr));
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
  const auto parent = adopt(gst_pad_get_parent_element(pad()));
  const CharPtr id(gst_pad_create_stream_id(pad(), parent.get(), GST_PAD_NAME(pad())));
  gst_pad_push_event(pad(), gst_event_new_stream_start(id.get()));
}

GstFlowReturn SourcePad::push(Bridge &bridge, GstBuffer *buffer) {
  if (!segment_sent_.exchange(true)) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(pad(), gst_event_new_segment(&segment));
  }
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
  if (std::exchange(bridge.fresh, false)) buffer = begin_anew(buffer);
  if (GST_BUFFER_PTS_IS_VALID(buffer))
    last_end_ = GST_BUFFER_PTS(buffer) +
                (GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer) : 0);
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
      return TRUE;
    case GST_EVENT_CUSTOM_UPSTREAM:  // force-key-unit becomes a PLI
    case GST_EVENT_RECONFIGURE: {
      std::shared_ptr<Bridge> bridge;
      {
        std::lock_guard lock(self->mutex_);
        bridge = self->bridge_;
      }
      return bridge && gst_pad_push_event(bridge->pad.get(), gst_event_ref(event));
    }
    default:
      return FALSE;
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
