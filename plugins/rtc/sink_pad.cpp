#include "sink_pad.hpp"

#include "gstrtcsinkpad.hpp"

namespace rtc {

namespace {
constexpr auto drain_deadline = seconds(1);

bool is_live(GstPad *pad) {
  const auto query = adopt(gst_query_new_latency());
  gboolean live = FALSE;
  if (gst_pad_peer_query(pad, query.get()))
    gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
  return live;
}
}  // namespace

SinkPad::SinkPad(GstBin *bin, GstPadTemplate *pad_template, const char *name,
                 std::shared_ptr<Input> input)
    : shared_(std::make_shared<Shared>()) {
  shared_->input = std::move(input);
  appsink_ = share(gst_element_factory_make("appsink", (std::string(name) + "_sink").c_str()));
  g_object_set(appsink_.get(), "enable-last-sample", FALSE, "qos", FALSE, "processing-deadline",
               G_GUINT64_CONSTANT(0), nullptr);
  // A pad that comes while the pipeline plays must not send it back to preroll.
  if (GST_STATE(bin) == GST_STATE_PLAYING) g_object_set(appsink_.get(), "async", FALSE, nullptr);
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = new_sample;
  callbacks.new_preroll = new_preroll;
  const GDestroyNotify release = [](gpointer data) {
    delete static_cast<std::shared_ptr<Shared> *>(data);
  };
  gst_app_sink_set_callbacks(GST_APP_SINK(appsink_.get()), &callbacks,
                             new std::shared_ptr<Shared>(shared_), release);
  gst_bin_add(bin, appsink_.get());

  const auto target = adopt(gst_element_get_static_pad(appsink_.get(), "sink"));
  gst_pad_add_probe(
      target.get(),
      GstPadProbeType(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH),
      watch_events, new std::shared_ptr<Shared>(shared_), release);
  ghost_ = sink(new_rtc_sink_pad(name, pad_template, shared_->input->kind()));
  gst_ghost_pad_set_target(GST_GHOST_PAD(ghost_.get()), target.get());
  if (shared_->input->kind() == MediaKind::video)
    g_signal_connect_data(
        ghost_.get(), "notify::renditions", G_CALLBACK(set_renditions),
        new std::shared_ptr<Shared>(shared_),
        [](gpointer data, GClosure *) { delete static_cast<std::shared_ptr<Shared> *>(data); },
        GConnectFlags(0));
  gst_element_sync_state_with_parent(appsink_.get());
}

namespace {
void take_out(GstElement *element) {
  gst_element_set_locked_state(element, TRUE);
  gst_element_set_state(element, GST_STATE_NULL);
  if (const auto parent = adopt(gst_object_get_parent(GST_OBJECT(element))))
    gst_bin_remove(GST_BIN(parent.get()), element);
}
}  // namespace

SinkPad::~SinkPad() {
  if (canceller_) take_out(canceller_->filter());
  take_out(appsink_.get());
}

void SinkPad::put_before(std::shared_ptr<EchoCanceller> canceller) {
  auto *ghost = GST_GHOST_PAD(ghost_.get());
  const auto end = adopt(gst_element_get_static_pad(appsink_.get(), "sink"));
  gst_ghost_pad_set_target(ghost, nullptr);
  if (canceller_) take_out(canceller_->filter());
  canceller_ = std::move(canceller);
  if (!canceller_) {
    gst_ghost_pad_set_target(ghost, end.get());
    return;
  }
  auto *filter = canceller_->filter();
  const auto bin = adopt(gst_object_get_parent(GST_OBJECT(appsink_.get())));
  gst_bin_add(GST_BIN(bin.get()), filter);
  gst_element_link(filter, appsink_.get());
  const auto begin = adopt(gst_element_get_static_pad(filter, "sink"));
  gst_ghost_pad_set_target(ghost, begin.get());
  gst_element_sync_state_with_parent(filter);
}

namespace {
std::string renditions_of(GstPad *ghost) {
  gchar *text = nullptr;
  g_object_get(ghost, "renditions", &text, nullptr);
  const CharPtr owned(text);
  return text ? text : "";
}
}  // namespace

std::string SinkPad::renditions() const {
  return shared_->input->kind() == MediaKind::video ? renditions_of(ghost_.get()) : "";
}

// What is wrong is told when the element starts.
void SinkPad::set_renditions(GstPad *ghost, GParamSpec *, gpointer data) {
  const auto renditions = parse_renditions(renditions_of(ghost));
  if (renditions)
    (*static_cast<std::shared_ptr<Shared> *>(data))->input->set_renditions(*renditions);
}

GstPadProbeReturn SinkPad::watch_events(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  const auto self = *static_cast<std::shared_ptr<Shared> *>(data);
  auto *event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
    GstCaps *caps = nullptr;
    gst_event_parse_caps(event, &caps);
    self->input->set_caps(share(caps));
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
    // Live media is sent as it comes; waiting for its render time would only add the pipeline's
    // latency.
    const auto element = adopt(gst_pad_get_parent_element(pad));
    if (element) g_object_set(element.get(), "sync", !is_live(pad), nullptr);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
    const bool hold = self->on_hold && self->on_hold();
    if (!hold && !self->kept_open) self->input->drain(drain_deadline);
    self->held = hold;
    self->ended = true;
    if (self->on_end) self->on_end();
    return hold ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START) {
    self->flushes++;
    // What comes after a flush is waited for, also by a pad that came while the pipeline played:
    // else the base time would stay that of before.
    const auto element = adopt(gst_pad_get_parent_element(pad));
    if (element && self->prerolls) g_object_set(element.get(), "async", TRUE, nullptr);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
    self->held = false;
    if (self->ended.exchange(false) && self->on_restart) self->on_restart();
  }
  return GST_PAD_PROBE_OK;
}

namespace {
// Sound that is not as fast as it was recorded would fall behind or have gaps.
bool is_heard(const Input &input, GstSample *sample) {
  return input.kind() == MediaKind::video || gst_sample_get_segment(sample)->rate == 1.;
}
}  // namespace

bool SinkPad::live() const {
  const auto target = adopt(gst_element_get_static_pad(appsink_.get(), "sink"));
  return is_live(target.get());
}

GstFlowReturn SinkPad::new_sample(GstAppSink *sink, gpointer data) {
  const auto sample = adopt(gst_app_sink_pull_sample(sink));
  const auto self = *static_cast<std::shared_ptr<Shared> *>(data);
  // The first frames, a keyframe among them, may come before the element knows that it plays: group
  // time begins with the base time of that moment.
  const auto base_time = gst_element_get_base_time(GST_ELEMENT(sink));
  auto epoch = self->epoch.load();
  if (!GST_CLOCK_TIME_IS_VALID(epoch)) epoch = base_time;
  if (self->refusing) return GST_FLOW_EOS;
  if (sample && is_heard(*self->input, sample.get()))
    self->input->push(sample.get(), GST_CLOCK_DIFF(epoch, base_time));
  return GST_FLOW_OK;
}

// Who seeks while it is paused sees where.
GstFlowReturn SinkPad::new_preroll(GstAppSink *sink, gpointer data) {
  const auto self = *static_cast<std::shared_ptr<Shared> *>(data);
  const auto epoch = self->epoch.load();
  const auto clock = adopt(gst_element_get_clock(GST_ELEMENT(sink)));
  if (GST_STATE_TARGET(sink) != GST_STATE_PAUSED || self->flushes == 0 || !clock ||
      !GST_CLOCK_TIME_IS_VALID(epoch) || self->input->kind() != MediaKind::video)
    return GST_FLOW_OK;
  const auto sample = adopt(gst_app_sink_pull_preroll(sink));
  auto *buffer = sample ? gst_sample_get_buffer(sample.get()) : nullptr;
  if (!buffer) return GST_FLOW_OK;
  const auto running_time = gst_segment_to_running_time(gst_sample_get_segment(sample.get()),
                                                        GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  if (!GST_CLOCK_TIME_IS_VALID(running_time)) return GST_FLOW_OK;
  const auto now = GST_CLOCK_DIFF(epoch, gst_clock_get_time(clock.get()));
  self->input->push(sample.get(), now - static_cast<GstClockTimeDiff>(running_time));
  return GST_FLOW_OK;
}

}  // namespace rtc
