/**
 * SECTION:element-rtcgcc
 * @title: rtcgcc
 *
 * Estimates what the path to a WebRTC peer takes (Google congestion control,
 * draft-ietf-rmcat-gcc-02), for an application that uses webrtcbin itself; rtcsink has its own.
 * Return it from webrtcbin's `request-aux-sender`, offer the header extension
 * `http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01` in the caps of what
 * is sent, and set the rate of the encoders from `notify::estimated-bitrate`.
 *
 * Where retransmission is negotiated (`do-nack` of the transceiver) the element probes the path
 * with packets sent again, so that the estimate is back soon after a narrow link got wide; without
 * it the estimate climbs slowly.
 *
 * ## Example
 * |[
 * def add_estimator(webrtcbin, transport):
 *     gcc = Gst.ElementFactory.make('rtcgcc')
 *     gcc.connect('notify::estimated-bitrate', lambda gcc, _:
 *         encoder.set_property('target-bitrate', int(0.9 * gcc.get_property('estimated-bitrate'))))
 *     return gcc
 * webrtcbin.connect('request-aux-sender', add_estimator)
 * ]|
 *
 * ## Threads
 * `notify::estimated-bitrate` is emitted on the element's own thread, without a lock held; a
 * handler must neither block nor change the state of the element.
 */
#include "gstrtcgcc.hpp"

#include <atomic>

#include "base/gobject_class.hpp"
#include "estimator.hpp"
#include "pacer.hpp"
#include "session/repeater.hpp"

using namespace rtc;

class GstRtcGccImpl;

struct _GstRtcGcc {
  GstElement parent;
  GstRtcGccImpl *impl;
};

class GstRtcGccImpl {
 public:
  explicit GstRtcGccImpl(GstRtcGcc *self);
  ~GstRtcGccImpl() { stop(); }

  static GstRtcGccImpl *from(gpointer instance) {
    return reinterpret_cast<GstRtcGcc *>(instance)->impl;
  }
  static void class_init(GstRtcGccClass *klass);
  static const std::vector<PropertyRow<GstRtcGccImpl>> &properties();

  GstStateChangeReturn change_state(GstStateChange transition);
  GstFlowReturn chain(GstBuffer *buffer);
  GstFlowReturn chain_list(GstBufferList *list);
  gboolean sink_event(GstEvent *event);
  gboolean src_event(GstEvent *event);
  gboolean activate_source(gboolean active);

 private:
  void start();
  void stop();
  // Null unless the element runs.
  std::shared_ptr<Estimator> estimator() const;
  void limits_changed();
  bool start_sending();
  void stop_sending();
  void send_next();

  GstElement *const element_;
  GstPad *sink_ = nullptr, *src_ = nullptr;  // the element's own
  std::atomic<guint> min_{30000}, start_{300000}, max_{10000000};
  std::atomic<bool> pacing_{false};
  std::unique_ptr<EventLoop> loop_;
  std::atomic<GstFlowReturn> flow_{GST_FLOW_OK};  // of the task, for those who add to the pacer
  Pacer pacer_;

  mutable std::mutex mutex_;  // guards everything below
  std::shared_ptr<Estimator> estimator_;
};

RTC_DEFINE_TYPE(GstRtcGcc, gst_rtc_gcc, GST_TYPE_ELEMENT, {})
GST_ELEMENT_REGISTER_DEFINE(rtcgcc, "rtcgcc", GST_RANK_NONE, GST_TYPE_RTC_GCC);

namespace {

constexpr auto rate_flags =
    GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
constexpr auto ready_flags =
    GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
constexpr auto shown_flags = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
constexpr guint lowest = 1000, highest = 1000000000;

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                                                             GST_STATIC_CAPS("application/x-rtp"));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                                                            GST_STATIC_CAPS("application/x-rtp"));

}  // namespace

const std::vector<PropertyRow<GstRtcGccImpl>> &GstRtcGccImpl::properties() {
  using Impl = GstRtcGccImpl;
  static const std::vector<PropertyRow<Impl>> rows = {
      {g_param_spec_uint("estimated-bitrate", "estimated-bitrate",
                         "What the path takes in bit/s, headers, audio and retransmissions "
                         "included; notified on the element's thread.",
                         0, G_MAXUINT, 0, shown_flags),
       nullptr,
       [](Impl &self, GValue *value) {
         const auto estimator = self.estimator();
         const auto start =
             std::clamp<guint>(self.start_, self.min_, std::max(self.min_, self.max_));
         g_value_set_uint(value, estimator ? static_cast<guint>(estimator->estimate()) : start);
       }},
      {g_param_spec_uint("min-bitrate", "min-bitrate", "Least estimate in bit/s.", lowest, highest,
                         30000, rate_flags),
       [](Impl &self, const GValue *value) {
         self.min_ = g_value_get_uint(value);
         self.limits_changed();
       },
       [](Impl &self, GValue *value) { g_value_set_uint(value, self.min_); }},
      {g_param_spec_uint(
           "max-bitrate", "max-bitrate",
           "Highest estimate in bit/s; what the application can send at most, so that "
           "no probe asks for more.",
           lowest, highest, 10000000, rate_flags),
       [](Impl &self, const GValue *value) {
         self.max_ = g_value_get_uint(value);
         self.limits_changed();
       },
       [](Impl &self, GValue *value) { g_value_set_uint(value, self.max_); }},
      {g_param_spec_uint("start-bitrate", "start-bitrate",
                         "Estimate in bit/s before anything is known of the path.", lowest, highest,
                         300000, ready_flags),
       [](Impl &self, const GValue *value) { self.start_ = g_value_get_uint(value); },
       [](Impl &self, GValue *value) { g_value_set_uint(value, self.start_); }},
      {g_param_spec_boolean(
           "pacing", "pacing",
           "Whether packets leave at a pace somewhat above the estimate instead of "
           "as they come; none waits longer than about 250 ms for it.",
           FALSE, ready_flags),
       [](Impl &self, const GValue *value) { self.pacing_ = g_value_get_boolean(value); },
       [](Impl &self, GValue *value) { g_value_set_boolean(value, self.pacing_); }},
      {g_param_spec_boxed(
           "stats", "stats",
           "application/x-rtc-congestion: estimated-bitrate and its reason, "
           "acknowledged-bitrate, delay-based-bitrate (bit/s), packet-loss (part), "
           "round-trip-time and queueing-delay (ns), application-limited, "
           "probes, packets-sent, bytes-sent, bytes-waiting; null unless the element runs.",
           GST_TYPE_STRUCTURE, shown_flags),
       nullptr,
       [](Impl &self, GValue *value) {
         const auto estimator = self.estimator();
         if (!estimator) return;
         auto stats = estimator->stats();
         gst_structure_set(stats.get(), "bytes-waiting", G_TYPE_UINT64,
                           guint64{self.pacer_.waiting()}, nullptr);
         g_value_take_boxed(value, stats.release());
       }},
  };
  return rows;
}

void GstRtcGccImpl::class_init(GstRtcGccClass *klass) {
  install_properties<GstRtcGccImpl>(G_OBJECT_CLASS(klass));
  auto *element = GST_ELEMENT_CLASS(klass);
  element->change_state = Vfunc<&GstRtcGccImpl::change_state>::call;
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(
      element, "Bandwidth estimator", "Network/WebRTC/RTP/Filter",
      "Estimates what the path to a WebRTC peer takes, by Google congestion control; for "
      "webrtcbin's request-aux-sender",
      "gst-rtc");
}

GstRtcGccImpl::GstRtcGccImpl(GstRtcGcc *self)
    : element_(GST_ELEMENT(self)), pacer_([this] {
        const auto estimator = this->estimator();
        return estimator ? estimator->pacing() : 0;
      }) {
  sink_ = gst_pad_new_from_static_template(&sink_template, "sink");
  src_ = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_set_chain_function(sink_, [](GstPad *, GstObject *parent, GstBuffer *buffer) {
    return Vfunc<&GstRtcGccImpl::chain>::call(parent, buffer);
  });
  gst_pad_set_chain_list_function(sink_, [](GstPad *, GstObject *parent, GstBufferList *list) {
    return Vfunc<&GstRtcGccImpl::chain_list>::call(parent, list);
  });
  gst_pad_set_event_function(sink_, [](GstPad *, GstObject *parent, GstEvent *event) {
    return Vfunc<&GstRtcGccImpl::sink_event>::call(parent, event);
  });
  gst_pad_set_event_function(src_, [](GstPad *, GstObject *parent, GstEvent *event) {
    return Vfunc<&GstRtcGccImpl::src_event>::call(parent, event);
  });
  gst_pad_set_activatemode_function(
      src_, [](GstPad *, GstObject *parent, GstPadMode mode, gboolean active) -> gboolean {
        if (mode != GST_PAD_MODE_PUSH) return FALSE;
        return Vfunc<&GstRtcGccImpl::activate_source>::call(parent, active);
      });
  for (auto *pad : {sink_, src_}) {
    GST_PAD_SET_PROXY_CAPS(pad);
    GST_PAD_SET_PROXY_ALLOCATION(pad);
    gst_element_add_pad(element_, pad);
  }
}

GstStateChangeReturn GstRtcGccImpl::change_state(GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) start();
  const auto result =
      GST_ELEMENT_CLASS(gst_rtc_gcc_parent_class)->change_state(element_, transition);
  const bool failed = result == GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (failed && transition == GST_STATE_CHANGE_READY_TO_PAUSED))
    stop();
  return result;
}

void GstRtcGccImpl::start() {
  if (!loop_) loop_ = std::make_unique<EventLoop>("rtcgcc");
  Estimator::Hooks hooks;
  hooks.repeat = [this](guint ssrc, guint16 sequence) {
    gst_pad_push_event(sink_, Repeater::request(ssrc, sequence).release());
  };
  hooks.changed = [this] { g_object_notify(G_OBJECT(element_), "estimated-bitrate"); };
  const CongestionLimits limits{double(min_), double(start_), double(max_)};
  const auto made = std::make_shared<Estimator>(*loop_, limits, std::move(hooks));
  {
    std::lock_guard lock(mutex_);
    estimator_ = made;
  }
  loop_->call([&] { made->start(); });
}

void GstRtcGccImpl::stop() {
  std::shared_ptr<Estimator> old;
  {
    std::lock_guard lock(mutex_);
    old = std::exchange(estimator_, nullptr);
  }
  if (old) loop_->call([&] { old->stop(); });
}

std::shared_ptr<Estimator> GstRtcGccImpl::estimator() const {
  std::lock_guard lock(mutex_);
  return estimator_;
}

void GstRtcGccImpl::limits_changed() {
  if (const auto running = estimator()) running->limit(min_, max_);
}

GstFlowReturn GstRtcGccImpl::chain(GstBuffer *buffer) {
  auto owned = adopt(buffer);
  if (const auto running = estimator()) running->sent(buffer);
  if (!pacing_) return gst_pad_push(src_, owned.release());
  const auto size = gst_buffer_get_size(buffer);
  auto item = adopt(GST_MINI_OBJECT_CAST(owned.release()));
  if (pacer_.add(std::move(item), std::max<size_t>(size, 1))) return GST_FLOW_OK;
  return flow_ == GST_FLOW_OK ? GST_FLOW_FLUSHING : flow_.load();
}

GstFlowReturn GstRtcGccImpl::chain_list(GstBufferList *list) {
  auto owned = adopt(list);
  const auto length = gst_buffer_list_length(list);
  if (pacing_) {
    auto flow = GST_FLOW_OK;
    for (guint i = 0; i < length && flow == GST_FLOW_OK; i++)
      flow = chain(gst_buffer_ref(gst_buffer_list_get(list, i)));
    return flow;
  }
  if (const auto running = estimator())
    for (guint i = 0; i < length; i++) running->sent(gst_buffer_list_get(list, i));
  return gst_pad_push_list(src_, owned.release());
}

gboolean GstRtcGccImpl::sink_event(GstEvent *event) {
  auto owned = adopt(event);
  auto *element = GST_OBJECT(element_);
  const auto type = GST_EVENT_TYPE(event);
  if (!pacing_) return gst_pad_event_default(sink_, element, owned.release());
  if (type == GST_EVENT_FLUSH_START) {
    const auto passed = gst_pad_push_event(src_, owned.release());
    stop_sending();
    return passed;
  }
  if (type == GST_EVENT_FLUSH_STOP) {
    const auto passed = gst_pad_push_event(src_, owned.release());
    return start_sending() && passed;
  }
  if (!(static_cast<guint>(type) & GST_EVENT_TYPE_SERIALIZED))
    return gst_pad_event_default(sink_, element, owned.release());
  return pacer_.add(adopt(GST_MINI_OBJECT_CAST(owned.release())), 0);
}

gboolean GstRtcGccImpl::src_event(GstEvent *event) {
  if (gst_event_has_name(event, "RTPTWCCPackets"))
    if (const auto running = estimator()) running->feedback(*gst_event_get_structure(event));
  return gst_pad_event_default(src_, GST_OBJECT(element_), event);
}

gboolean GstRtcGccImpl::activate_source(gboolean active) {
  if (!pacing_) return TRUE;
  if (active) return start_sending();
  stop_sending();
  return gst_pad_stop_task(src_);
}

bool GstRtcGccImpl::start_sending() {
  flow_ = GST_FLOW_OK;
  pacer_.set_flushing(false);
  return gst_pad_start_task(
      src_, [](gpointer self) { static_cast<GstRtcGccImpl *>(self)->send_next(); }, this, nullptr);
}

void GstRtcGccImpl::stop_sending() {
  pacer_.set_flushing(true);
  gst_pad_pause_task(src_);
}

void GstRtcGccImpl::send_next() {
  auto item = pacer_.take();
  if (!item) {
    gst_pad_pause_task(src_);
    return;
  }
  if (GST_IS_EVENT(item.get())) {
    gst_pad_push_event(src_, GST_EVENT_CAST(item.release()));
    return;
  }
  const auto flow = gst_pad_push(src_, GST_BUFFER_CAST(item.release()));
  if (flow == GST_FLOW_OK) return;
  flow_ = flow;
  pacer_.set_flushing(true);
  gst_pad_pause_task(src_);
}
