// What viewers of a PublishingElement ask for over their control channels.
#include "element_error.hpp"
#include "publishing_element.hpp"

namespace rtc {

Playback &PublishingElement::playback() {
  if (playback_) return *playback_;
  Playback::Hooks hooks;
  hooks.pads = [this] { return pads(); };
  hooks.viewers = [this] { return viewer_count_.load(); };
  hooks.next = [this](const std::string &session, const std::string &peer) {
    return next_wanted(session, peer);
  };
  hooks.set_state = [this](GstState state) {
    gst_element_post_message(element_, gst_message_new_request_state(GST_OBJECT(element_), state));
  };
  hooks.tell = [this](const PlaybackState &state) {
    loop_->post([this, text = write(state)] {
      if (publisher_) publisher_->tell_viewers(text, nullptr);
    });
  };
  hooks.failed = [this](const Error &error) { post_error(element_, error); };
  playback_ = std::make_unique<Playback>(element_, std::move(hooks));
  return *playback_;
}

void PublishingElement::playback_changed() {
  if (playback_ && settings.copy().control == ViewerControl::playback) playback_->changed();
}

bool PublishingElement::next_wanted(const std::string &session, const std::string &peer) {
  gboolean known = FALSE;
  g_signal_emit_by_name(element_, "next-requested", session.c_str(), peer.c_str(), &known);
  return known;
}

void PublishingElement::viewer_may_control(const std::string &session) {
  if (settings.copy().control == ViewerControl::playback) playback_of(session)->changed();
}

void PublishingElement::viewer_requests(const std::string &session, const std::string &peer,
                                        const ControlRequest &request,
                                        const std::vector<ControlTarget> &targets,
                                        std::function<void(std::optional<std::string>)> answer) {
  gboolean accepted = TRUE;
  g_signal_emit_by_name(element_, "accept-control", session.c_str(), peer.c_str(),
                        type_of(request).c_str(), &accepted);
  if (!accepted) return answer("The publisher does not let this viewer do that.");
  auto *playback = playback_of(session);
  if (const auto *asked = std::get_if<PlaybackRequest>(&request.what))
    return playback->perform(session, peer, *asked, std::move(answer));
  playback->send(request, targets, std::move(answer));
}

}  // namespace rtc
