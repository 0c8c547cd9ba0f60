// What a ReceivingElement asks of its publisher, and what it tells of the publisher's playback.
#include "element_error.hpp"
#include "receiving_element.hpp"

namespace rtc {

std::shared_ptr<RemoteControl> ReceivingElement::make_control() {
  RemoteControl::Hooks hooks;
  hooks.post = [this](std::function<void()> task) { loop_->post(std::move(task)); };
  hooks.running_time = [this] { return gst_element_get_current_running_time(element_); };
  hooks.flush = [this] { pads_.flush(); };
  hooks.changed = [this](const PlaybackState &state) { playback_changed(state); };
  hooks.refused = [this](const Error &error) { post_warning(element_, error); };
  return std::make_shared<RemoteControl>(milliseconds(settings.copy().latency), std::move(hooks));
}

bool ReceivingElement::control_event(GstEvent *event) {
  return control_ && control_->handle_event(event, "");
}

void ReceivingElement::playback_changed(const PlaybackState &state) {
  const auto seconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  if (std::exchange(duration_, state.duration) != state.duration)
    gst_element_post_message(element_, gst_message_new_duration_changed(GST_OBJECT(element_)));
  post(gst_structure_new("rtc-playback", "playing", G_TYPE_BOOLEAN, state.playing, "position",
                         G_TYPE_DOUBLE, seconds(state.position), "duration", G_TYPE_DOUBLE,
                         state.duration ? seconds(*state.duration) : -1., "rate", G_TYPE_DOUBLE,
                         state.rate, "loop", G_TYPE_BOOLEAN, state.loop, "seekable", G_TYPE_BOOLEAN,
                         state.seekable, nullptr));
}

}  // namespace rtc
