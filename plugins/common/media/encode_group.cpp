#include "media/encode_group.hpp"

#include <gst/video/video.h>

#include <cstring>

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {
// A viewer that joins this soon after a keyframe gets the frames since then instead of making the
// encoder produce another one: joins within a third of a second share one keyframe.
constexpr size_t shared_keyframe_frames = 10;
// Encoded input cannot be asked (a file) or only slowly; ten seconds of frames, 8 MiB at most.
constexpr size_t max_backlog_frames = 600;
constexpr size_t max_backlog_bytes = 8 * 1024 * 1024;
// Requests within this time share one keyframe: many viewers that lose packets at once, or ask
// again before the first answer reached them, must not make the encoder produce nothing but
// keyframes.
constexpr auto keyframe_interval = milliseconds(250);
constexpr double keyframe_part = 0.5;  // of the rate, for keyframes that viewers ask for
constexpr milliseconds longest_pause = seconds(4);
constexpr auto mtu = 1200 - (max_rtp_header_size - rtp_header_size);

Outlet::Source next_id() {
  static std::atomic<Outlet::Source> last{0};
  return ++last;
}

// Only the size: the format and the shape of the pixels stay.
Ref<GstCaps> size_caps(const Encoding &encoding) {
  const auto width = static_cast<int>(encoding.rendition.width);
  const auto height = static_cast<int>(encoding.rendition.height);
  if (!encoding.scaled) return adopt(gst_caps_new_empty_simple("video/x-raw"));
  return adopt(gst_caps_new_simple("video/x-raw", "width", G_TYPE_INT, width, "height", G_TYPE_INT,
                                   height, nullptr));
}
}  // namespace

Result<std::shared_ptr<EncodeGroup>> EncodeGroup::create(Settings settings,
                                                         std::shared_ptr<WorkerPool> pool,
                                                         std::shared_ptr<Reaper> reaper) {
  auto group = std::shared_ptr<EncodeGroup>(
      new EncodeGroup(std::move(settings), std::move(pool), std::move(reaper)));
  if (auto built = group->build(); !built) return built.error();
  return group;
}

EncodeGroup::EncodeGroup(Settings settings, std::shared_ptr<WorkerPool> pool,
                         std::shared_ptr<Reaper> reaper)
    : settings_(std::move(settings)),
      id_(next_id()),
      pool_(std::move(pool)),
      reaper_(std::move(reaper)),
      bitrate_(settings_.options.bitrate) {}

// The last reference may be that of a callback on the pipeline's own streaming thread, which cannot
// stop itself; and stopping takes time that neither it nor the loop has.
EncodeGroup::~EncodeGroup() {
  if (!pipeline_) return;
  reaper_->reap([pipeline = std::move(pipeline_)]() mutable {
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    const auto bus = adopt(gst_element_get_bus(pipeline.get()));
    gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
    pipeline.reset();
  });
}

std::string EncodeGroup::description() const {
  const auto &codec = *settings_.codec;
  const auto *encoder = settings_.encoder;
  // Raw frames that the encoder cannot take in time are dropped before it; encoded ones never are.
  std::string text = "appsrc name=source is-live=true format=time max-bytes=0 emit-signals=false ";
  if (encoder) {
    const bool video = codec.kind == MediaKind::video;
    text += video ? "max-buffers=3 " : "max-buffers=50 ";
    text += "leaky-type=downstream ! ";
    // What is made smaller first is less to convert; what keeps its size passes.
    if (video) text += "videoscale add-borders=false n-threads=2 ! capsfilter name=size ! ";
    text += format("%s ! %s name=encoder ! ", encoder->input, encoder->factory);
    if (*encoder->output) text += std::string(encoder->output) + " ! ";
  } else {
    text += "max-buffers=0 ! ";
  }
  // vp9parse and opusparse would only copy what an encoder has just made.
  if (*codec.parser && (!encoder || !strncmp(codec.parser, "h26", 3)))
    text += std::string(codec.parser) + " ! " +
            (strncmp(codec.parser, "h26", 3) ? "" : std::string(codec.caps) + ",alignment=au ! ");
  text += format("%s name=payloader mtu=%zu pt=%d ssrc=%u timestamp-offset=%u ! ", codec.payloader,
                 mtu, codec.payload_type, settings_.ssrc, settings_.timestamp_offset);
  return text +
         "appsink name=sink sync=false async=false buffer-list=true enable-last-sample=false";
}

Result<bool> EncodeGroup::build() {
  const auto &codec = *settings_.codec;
  const auto text = description();
  GError *error = nullptr;
  pipeline_ = sink(gst_parse_launch(text.c_str(), &error));
  const ErrorPtr owned(error);
  if (error)
    return Error{Error::Kind::missing_element,
                 format("%s cannot be sent: a GStreamer element is missing. Install "
                        "gstreamer1.0-plugins-good, -bad and -ugly.",
                        codec.name),
                 error->message};

  source_ = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "source"));
  encoder_element_ = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "encoder"));
  size_ = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "size"));
  resize(settings_.encoding);
  if (encoder_element_) {
    configure_encoder(encoder_element_.get(), *settings_.encoder, settings_.options);
    if (settings_.encoder_setup) settings_.encoder_setup(encoder_element_.get());
    always_dtx_ = has_encoder_dtx(encoder_element_.get());
  }
  connect_callbacks();
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    return Error{
        Error::Kind::failed,
        format("The %s encoder does not start; see GST_DEBUG=2 for its reason.", codec.name), text};
  return true;
}

void EncodeGroup::connect_callbacks() {
  using Weak = std::weak_ptr<EncodeGroup>;
  const GDestroyNotify release = [](gpointer data) { delete static_cast<Weak *>(data); };

  const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
  gst_bus_set_sync_handler(bus.get(), handle_message, new Weak(weak_from_this()), release);

  const auto payloader = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "payloader"));
  const auto pad = adopt(gst_element_get_static_pad(payloader.get(), "sink"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, watch_payloader_input,
                    new Weak(weak_from_this()), release);

  const auto sink_element = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = new_sample;
  callbacks.eos = [](GstAppSink *, gpointer data) {
    const auto self = static_cast<Weak *>(data)->lock();
    if (!self) return;
    std::lock_guard lock(self->mutex_);
    self->end_of_stream_ = true;
    self->drained_.notify_all();
  };
  gst_app_sink_set_callbacks(GST_APP_SINK(sink_element.get()), &callbacks,
                             new Weak(weak_from_this()), release);
}

GstBusSyncReply EncodeGroup::handle_message(GstBus *, GstMessage *message, gpointer data) {
  const auto self = static_cast<std::weak_ptr<EncodeGroup> *>(data)->lock();
  if (self && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    GError *error = nullptr;
    CharPtr debug;
    gchar *debug_text = nullptr;
    gst_message_parse_error(message, &error, &debug_text);
    debug.reset(debug_text);
    const ErrorPtr owned(error);
    self->settings_.failed(
        Error{Error::Kind::failed,
              format("Encoding or packing %s failed: %s", self->codec().name, error->message),
              debug ? debug.get() : ""});
  }
  // Nobody reads this bus: a queued message would keep its sender alive.
  gst_message_unref(message);
  return GST_BUS_DROP;
}

GstPadProbeReturn EncodeGroup::watch_payloader_input(GstPad *, GstPadProbeInfo *info,
                                                     gpointer data) {
  if (const auto self = static_cast<std::weak_ptr<EncodeGroup> *>(data)->lock())
    self->next_is_keyframe_ =
        !GST_BUFFER_FLAG_IS_SET(GST_PAD_PROBE_INFO_BUFFER(info), GST_BUFFER_FLAG_DELTA_UNIT);
  return GST_PAD_PROBE_OK;
}

GstFlowReturn EncodeGroup::new_sample(GstAppSink *sink, gpointer data) {
  const auto sample = adopt(gst_app_sink_pull_sample(sink));
  const auto self = static_cast<std::weak_ptr<EncodeGroup> *>(data)->lock();
  if (!sample || !self) return GST_FLOW_OK;
  const auto &segment = *gst_sample_get_segment(sample.get());
  if (auto *list = gst_sample_get_buffer_list(sample.get())) {
    for (guint i = 0; i < gst_buffer_list_length(list); i++)
      self->packet(gst_buffer_list_get(list, i), segment);
  } else if (auto *buffer = gst_sample_get_buffer(sample.get())) {
    self->packet(buffer, segment);
  }
  return GST_FLOW_OK;
}

void EncodeGroup::packet(GstBuffer *buffer, const GstSegment &segment) {
  uint8_t bytes[rtp_header_size];
  if (gst_buffer_extract(buffer, 0, bytes, sizeof bytes) != sizeof bytes || bytes[0] != 0x80)
    return;
  const bool video = codec().kind == MediaKind::video;
  if (!frame_) {
    frame_ = std::make_shared<RtpFrame>();
    frame_->layout.payload_type = static_cast<uint8_t>(codec().payload_type);
    frame_->keyframe = !video || next_is_keyframe_;
    frame_->pts = GST_BUFFER_PTS(buffer);
    // Encoders may count from elsewhere, which their segment tells.
    frame_->time = gst_segment_to_running_time(&segment, GST_FORMAT_TIME, frame_->pts);
  }
  const auto header = parse_rtp_header(bytes);
  frame_->bytes += gst_buffer_get_size(buffer);
  frame_->packets.push_back(
      {header, adopt(gst_buffer_copy_region(buffer, GST_BUFFER_COPY_MEMORY, rtp_header_size,
                                            static_cast<gsize>(-1)))});
  if (!video || header.marker) finish_frame();
}

void EncodeGroup::finish_frame() {
  const auto frame = std::exchange(frame_, nullptr);
  const auto send_time = abs_send_time(g_get_monotonic_time());
  frame->list = adopt(gst_buffer_list_new_sized(static_cast<guint>(frame->packets.size())));
  for (const auto &packet : frame->packets)
    gst_buffer_list_add(
        frame->list.get(),
        make_packet(packet, packet.header, frame->layout, send_time, frame->pts).release());

  std::vector<std::shared_ptr<WorkerPool::Job>> due;
  bool ask = false;
  {
    std::lock_guard lock(mutex_);
    remember_locked(frame);
    ask = keyframe_due_locked(Clock::now());
    for (const auto &outlet : outlets_)
      if (outlet->offer(id_, frame)) due.push_back(outlet);
  }
  if (!due.empty()) pool_->schedule(due);
  if (ask) force_keyframe();
}

void EncodeGroup::remember_locked(const RtpFramePtr &frame) {
  if (codec().kind == MediaKind::audio) return;
  if (frame->keyframe) {
    backlog_.clear();
    backlog_bytes_ = 0;
    keyframe_bytes_ = frame->bytes;
    keyframe_wanted_ = false;
  } else if (backlog_.empty()) {
    return;
  }
  backlog_.push_back(frame);
  backlog_bytes_ += frame->bytes;
  const auto limit = settings_.encoder ? shared_keyframe_frames : max_backlog_frames;
  if (backlog_.size() > limit || backlog_bytes_ > max_backlog_bytes) backlog_.clear();
}

void EncodeGroup::push(GstSample *sample) {
  if (!settings_.encoder || codec().kind == MediaKind::audio) {
    gst_app_src_push_sample(GST_APP_SRC(source_.get()), sample);
  } else if (is_idle()) {
    return;
  } else if (const auto kept = thinner_.thin(sample)) {
    gst_app_src_push_sample(GST_APP_SRC(source_.get()), kept.get());
  }
}

// An encoder that waits for the next viewer does not work meanwhile; that one gets a new picture.
bool EncodeGroup::is_idle() {
  std::lock_guard lock(mutex_);
  if (!outlets_.empty()) return false;
  backlog_.clear();
  backlog_bytes_ = 0;
  return true;
}

void EncodeGroup::resize(const Encoding &encoding) {
  thinner_.set_framerate(encoding.thinned ? encoding.rendition.framerate : 0);
  if (size_) g_object_set(size_.get(), "caps", size_caps(encoding).get(), nullptr);
}

void EncodeGroup::add(const std::shared_ptr<Outlet> &outlet) {
  bool ask = false;
  {
    std::lock_guard lock(mutex_);
    outlets_.push_back(outlet);
    ask = show_picture_locked(outlet);
  }
  if (ask) force_keyframe();
}

void EncodeGroup::await(const std::shared_ptr<Outlet> &outlet) {
  bool ask = false;
  outlet->await(id_);
  {
    std::lock_guard lock(mutex_);
    if (std::find(outlets_.begin(), outlets_.end(), outlet) == outlets_.end())
      outlets_.push_back(outlet);
    ask = outlet->needs_keyframe() && want_keyframe_locked(Clock::now());
  }
  if (ask) force_keyframe();
}

void EncodeGroup::remove(const std::shared_ptr<Outlet> &outlet) {
  std::lock_guard lock(mutex_);
  std::erase(outlets_, outlet);
}

size_t EncodeGroup::viewers() const {
  std::lock_guard lock(mutex_);
  return outlets_.size();
}

void EncodeGroup::refresh(const std::shared_ptr<Outlet> &outlet) {
  bool ask = false;
  {
    std::lock_guard lock(mutex_);
    if (std::find(outlets_.begin(), outlets_.end(), outlet) == outlets_.end()) return;
    ask = settings_.encoder ? want_keyframe_locked(Clock::now()) : show_picture_locked(outlet);
  }
  if (ask) force_keyframe();
}

void EncodeGroup::set_bitrate(unsigned bitrate) {
  {
    std::lock_guard lock(mutex_);
    bitrate_ = bitrate;
  }
  if (encoder_element_) set_encoder_bitrate(encoder_element_.get(), *settings_.encoder, bitrate);
}

void EncodeGroup::set_loss(unsigned percent) {
  if (encoder_element_) set_encoder_loss(encoder_element_.get(), percent);
}

void EncodeGroup::set_dtx(bool on) {
  if (encoder_element_) set_encoder_dtx(encoder_element_.get(), on || always_dtx_);
}

bool EncodeGroup::show_picture_locked(const std::shared_ptr<Outlet> &outlet) {
  if (outlet->start(id_, backlog_)) pool_->schedule({outlet});
  return backlog_.empty() && codec().kind == MediaKind::video && want_keyframe_locked(Clock::now());
}

bool EncodeGroup::want_keyframe_locked(TimePoint now) {
  keyframe_wanted_ = true;
  return keyframe_due_locked(now);
}

// Viewers that lose packets because the path is full ask for a keyframe, which fills it more.
milliseconds EncodeGroup::keyframe_pause_locked() const {
  if (!bitrate_) return keyframe_interval;
  const auto time = milliseconds(static_cast<int64_t>(static_cast<double>(keyframe_bytes_) * 8 /
                                                      (keyframe_part * bitrate_) * 1000));
  return std::clamp(time, keyframe_interval, longest_pause);
}

bool EncodeGroup::keyframe_due_locked(TimePoint now) {
  if (!keyframe_wanted_ || now - keyframe_requested_ < keyframe_pause_locked()) return false;
  keyframe_wanted_ = false;
  keyframe_requested_ = now;
  return true;
}

void EncodeGroup::force_keyframe() {
  if (!encoder_element_) return settings_.keyframe_upstream();
  const auto pad = adopt(gst_element_get_static_pad(encoder_element_.get(), "src"));
  gst_pad_send_event(pad.get(),
                     gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

bool EncodeGroup::ended() const {
  std::lock_guard lock(mutex_);
  return draining_;
}

bool EncodeGroup::drain(milliseconds deadline) {
  {
    std::lock_guard lock(mutex_);
    draining_ = true;
  }
  gst_app_src_end_of_stream(GST_APP_SRC(source_.get()));
  std::unique_lock lock(mutex_);
  return drained_.wait_for(lock, deadline, [this] { return end_of_stream_; });
}

}  // namespace rtc
