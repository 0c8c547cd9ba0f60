#include "media/echo_canceller.hpp"

#include <gst/app/app.h>
#include <gst/audio/audio.h>

#include "base/text.hpp"

namespace rtc {

namespace {

constexpr auto form =
    "audio/x-raw,format=" GST_AUDIO_NE(S16) ",rate=48000,channels=1,layout=interleaved";

Error missing(const char *detail) {
  return {Error::Kind::missing_element,
          "Echoes cannot be cancelled: webrtcdsp is missing. Install gstreamer1.0-plugins-bad, or "
          "leave echo-cancellation off.",
          detail};
}

Ref<GstElement> parse(const std::string &description, bool bin, std::string &problem) {
  GError *error = nullptr;
  auto element = sink(bin ? gst_parse_bin_from_description(description.c_str(), TRUE, &error)
                          : gst_parse_launch(description.c_str(), &error));
  const ErrorPtr owned(error);
  if (error) problem = error->message;
  return error ? nullptr : element;
}

// Nobody reads the bus: a queued message would keep its sender alive.
GstBusSyncReply drop_message(GstBus *, GstMessage *message, gpointer) {
  gst_message_unref(message);
  return GST_BUS_DROP;
}

}  // namespace

// webrtcdsp finds its probe by the name alone, among all of the process. How much later than it is
// played the sound comes back, nobody knows: delay-agnostic makes it find out.
Result<std::shared_ptr<EchoCanceller>> EchoCanceller::create(const std::string &name) {
  auto self = std::shared_ptr<EchoCanceller>(new EchoCanceller);
  const auto probe = format("rtc-echo-%08x%08x", g_random_int(), g_random_int());
  std::string problem;
  self->pipeline_ = parse(
      format("appsrc name=source is-live=true format=time max-bytes=0 max-buffers=0 "
             "max-time=1000000000 leaky-type=downstream ! audioconvert ! audioresample ! %s ! "
             "clocksync ! webrtcechoprobe name=%s ! fakesink sync=false async=false",
             form, probe.c_str()),
      false, problem);
  if (!self->pipeline_) return missing(problem.c_str());
  self->filter_ =
      parse(format("audioconvert ! audioresample ! %s ! webrtcdsp name=%s probe=%s "
                   "delay-agnostic=true echo-suppression-level=high noise-suppression=false "
                   "gain-control=false",
                   form, name.c_str(), probe.c_str()),
            true, problem);
  if (!self->filter_) return missing(problem.c_str());
  self->source_ = adopt(gst_bin_get_by_name(GST_BIN(self->pipeline_.get()), "source"));
  const auto bus = adopt(gst_element_get_bus(self->pipeline_.get()));
  gst_bus_set_sync_handler(bus.get(), drop_message, nullptr, nullptr);
  return self;
}

EchoCanceller::~EchoCanceller() {
  if (pipeline_) stop();
}

void EchoCanceller::play(GstClock *clock, GstClockTime base_time) {
  gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), clock);
  gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
  gst_element_set_base_time(pipeline_.get(), base_time);
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

void EchoCanceller::stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

bool EchoCanceller::played(GstBuffer *buffer, GstCaps *caps) {
  if (!caps || !gst_structure_has_name(gst_caps_get_structure(caps, 0), "audio/x-raw"))
    return false;
  const auto heard = adopt(gst_buffer_copy(buffer));
  if (GST_BUFFER_PTS_IS_VALID(buffer)) GST_BUFFER_PTS(heard.get()) += latency_;
  const auto sample = adopt(gst_sample_new(heard.get(), caps, nullptr, nullptr));
  gst_app_src_push_sample(GST_APP_SRC(source_.get()), sample.get());
  return true;
}

}  // namespace rtc
