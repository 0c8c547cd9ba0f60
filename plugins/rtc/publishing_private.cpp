// The viewers of a PublishingElement that have the recording of `playback-uri` to themselves.
#include "base/text.hpp"
#include "element_error.hpp"
#include "private_playback.hpp"
#include "publishing_element.hpp"

namespace rtc {

namespace {
constexpr unsigned spare_showings = 4;
}

Error PublishingElement::no_pads_error() {
  return {Error::Kind::settings,
          "With playback-uri video and audio come from there, not from pads: leave out what is "
          "linked to the element, or playback-uri.",
          "playback-uri and pads"};
}

Result<bool> PublishingElement::check_private() const {
  const auto s = settings.copy();
  if (s.playback_uri.empty()) return true;
  if (s.control != ViewerControl::playback)
    return Error{Error::Kind::settings,
                 "With playback-uri every viewer steers a recording of its own: set "
                 "control=playback, too, or leave playback-uri out.",
                 "playback-uri without control"};
  if (!pads().empty()) return no_pads_error();
  return PrivatePlayback::check(s.playback_uri);
}

Result<std::shared_ptr<Showing>> PublishingElement::showing_wanted(const std::string &session,
                                                                   const std::string &peer) {
  const auto configured = publisher_settings();
  if (!configured) return configured.error();
  // Who comes and goes leaves pipelines that take their time to close.
  if (*showings_ >= 2 * configured->max_showings + spare_showings)
    return Error{Error::Kind::refused,
                 "recordings of viewers that have left are still being closed: come again",
                 "max-private"};
  PrivatePlayback::Hooks hooks;
  hooks.ready = [this] {
    if (publisher_) publisher_->inputs_changed();
  };
  // The viewer's trouble alone.
  hooks.failed = [this](PrivatePlayback &showing, const Error &error, const std::string &reason) {
    post_warning(element_, error);
    if (publisher_) publisher_->end_showing(showing, reason);
  };
  hooks.tell = [this](PrivatePlayback &showing, const std::string &text) {
    if (publisher_) publisher_->tell_viewers(text, &showing);
  };
  hooks.encoding_failed = [this](const auto &input, const auto &choice, const Error &error) {
    if (publisher_) publisher_->encoding_failed(input, choice, error);
  };
  hooks.encoder_setup = [this](const std::string &pad, GstElement *encoder) {
    g_signal_emit_by_name(element_, "encoder-setup", pad.c_str(), encoder);
  };
  hooks.warned = [this](const Error &error) { post_warning(element_, error); };
  hooks.next = [this](const std::string &asking, const std::string &who) {
    return next_wanted(asking, who);
  };
  const auto made = PrivatePlayback::make(*loop_, pool(), reaper_,
                                          {settings.copy().playback_uri, configured->encoding,
                                           GST_ELEMENT_GET_CLASS(element_), showings_},
                                          std::move(hooks));
  if (!made) {
    post_warning(element_, made.error());
    return made.error();
  }
  g_signal_emit_by_name(element_, "playback-setup", session.c_str(), peer.c_str(),
                        (*made)->pipeline());
  (*made)->start();
  return std::shared_ptr<Showing>(*made);
}

Playback *PublishingElement::playback_of(const std::string &session) {
  const auto showing = publisher_ ? publisher_->showing_of(session) : nullptr;
  // All that are wanted of us are of this kind.
  return showing ? &static_cast<PrivatePlayback &>(*showing).playback() : playback_.get();
}

}  // namespace rtc
