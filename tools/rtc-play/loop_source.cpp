#include "loop_source.hpp"

namespace rtc {

namespace {

// Longer than a pass needs to come up on a busy machine; raw 720p takes 41 MB.
constexpr GstClockTime reserve = GST_SECOND;

}  // namespace

LoopSource::LoopSource(GstBin *pipeline, Settings settings)
    : pipeline_(pipeline),
      settings_(std::move(settings)),
      timeline_(std::make_shared<LoopTimeline>(settings_.tracks.size(), settings_.start)) {
  for (size_t i = 0; i < settings_.tracks.size(); i++) {
    GstElement *queue = gst_element_factory_make("queue", nullptr);
    g_object_set(queue, "max-size-time", guint64(reserve), "max-size-bytes", 0u, "max-size-buffers",
                 0u, nullptr);
    gst_bin_add(pipeline_, queue);
    queues_.push_back(queue);
  }
}

LoopSource::~LoopSource() { stop(); }

Ref<GstPad> LoopSource::output(size_t track) const {
  return adopt(gst_element_get_static_pad(queues_[track], "src"));
}

void LoopSource::start() {
  loop_.call([this] { begin_pass(); });
}

void LoopSource::stop() {
  loop_.call([this] { stopped_ = true; });
}

void LoopSource::begin_pass() {
  pass_ = SourcePass::make(settings_.uri, settings_.tracks, timeline_, passes_ == 0,
                           [this] { loop_.post([this] { pass_ended(); }); });
  passes_++;
  gst_bin_add(pipeline_, pass_->bin());
  for (size_t i = 0; i < queues_.size(); i++) {
    const auto input = adopt(gst_element_get_static_pad(queues_[i], "sink"));
    gst_pad_link(pass_->pad(i), input.get());
  }
  gst_element_sync_state_with_parent(pass_->bin());
}

void LoopSource::pass_ended() {
  if (stopped_) return;
  const bool anything = timeline_->next_pass();
  if (!anything)
    GST_ELEMENT_ERROR(pass_->bin(), STREAM, FAILED, ("Nothing could be read from the recording."),
                      ("pass %u gave no buffer", passes_.load()));
  retire_pass();
  if (!anything) return;
  if (!settings_.once) return begin_pass();
  for (auto *queue : queues_) {
    const auto input = adopt(gst_element_get_static_pad(queue, "sink"));
    gst_pad_send_event(input.get(), gst_event_new_eos());
  }
}

void LoopSource::retire_pass() {
  for (size_t i = 0; i < queues_.size(); i++) {
    const auto input = adopt(gst_element_get_static_pad(queues_[i], "sink"));
    gst_pad_unlink(pass_->pad(i), input.get());
  }
  gst_element_set_state(pass_->bin(), GST_STATE_NULL);
  gst_bin_remove(pipeline_, pass_->bin());
  pass_.reset();
}

}  // namespace rtc
