// The tracks of a PrivatePlayback, and what its pipeline tells.
#include <algorithm>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "private_playback.hpp"

namespace rtc {

namespace {

std::optional<MediaKind> kind_of(GstPad *pad) {
  const auto caps = adopt(gst_pad_query_caps(pad, nullptr));
  const auto *structure =
      gst_caps_get_size(caps.get()) > 0 ? gst_caps_get_structure(caps.get(), 0) : nullptr;
  const std::string_view name = structure ? gst_structure_get_name(structure) : "";
  if (name.starts_with("video/")) return MediaKind::video;
  if (name.starts_with("audio/")) return MediaKind::audio;
  return {};
}

// What an error or a warning of an element says.
Error told(GstMessage *message, const char *what) {
  GError *error = nullptr;
  gchar *debug = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
    gst_message_parse_error(message, &error, &debug);
  else
    gst_message_parse_warning(message, &error, &debug);
  const ErrorPtr owned(error);
  const CharPtr owned_debug(debug);
  return {Error::Kind::failed, format("%s: %s", what, redact(error->message).c_str()),
          redact(debug ? debug : "")};
}

}  // namespace

// The first of a kind; further ones, in other languages perhaps, are not decoded. Where the
// recording changes its tracks, new ones go on in place of those that ended.
void PrivatePlayback::add_track(GstPad *pad) {
  const auto kind = kind_of(pad);
  if (!kind) return;
  if (const auto known = converters_.find(*kind); known != converters_.end()) {
    const auto entrance = adopt(gst_element_get_static_pad(known->second, "sink"));
    if (!gst_pad_is_linked(entrance.get())) gst_pad_link(pad, entrance.get());
  } else if (!tracks_known_) {
    if (const auto connected = connect_track(*kind, pad); !connected) fail(connected.error());
  }
}

Result<bool> PrivatePlayback::connect_track(MediaKind kind, GstPad *pad) {
  const bool video = kind == MediaKind::video;
  const auto &input = possible_.at(kind);
  auto *pad_template =
      gst_element_class_get_pad_template(settings_.pads, video ? "video_%u" : "audio_%u");
  auto made =
      std::make_shared<SinkPad>(GST_BIN(tracks_), pad_template, input->pad().c_str(), input);
  made->keep_open();
  gst_pad_set_active(made->ghost(), TRUE);
  gst_element_add_pad(tracks_, made->ghost());
  auto *converter = gst_element_factory_make(video ? "videoconvert" : "audioconvert", nullptr);
  gst_bin_add(GST_BIN(pipeline_.get()), converter);
  const auto entrance = adopt(gst_element_get_static_pad(converter, "sink"));
  const bool linked = gst_element_link_pads(converter, "src", tracks_, input->pad().c_str()) &&
                      gst_pad_link(pad, entrance.get()) == GST_PAD_LINK_OK;
  gst_element_sync_state_with_parent(converter);
  converters_[kind] = converter;
  {
    std::lock_guard lock(mutex_);
    pads_.push_back(std::move(made));
  }
  if (linked) return true;
  return Error{Error::Kind::failed,
               format("The recording's %s has a form that is not taken.", to_string(kind)),
               "link failed"};
}

void PrivatePlayback::tracks_complete() {
  tracks_known_ = true;
  post([](PrivatePlayback &self) {
    const auto pads = self.pads();
    std::erase_if(self.inputs_, [&](const auto &input) {
      return std::none_of(pads.begin(), pads.end(),
                          [&](const auto &pad) { return pad->input() == input; });
    });
    if (self.inputs_.empty())
      return self.fail({Error::Kind::failed,
                        "The recording has neither video nor audio that the publisher can decode.",
                        "no tracks"});
    self.complete_ = true;
    self.hooks_.ready();
  });
}

void PrivatePlayback::heard(GstMessage *message) {
  const bool own = GST_MESSAGE_SRC(message) == GST_OBJECT(pipeline_.get());
  if (closing_) return;
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
      // Paths and addresses are not the viewer's business.
      return fail(told(message, "The recording cannot be played"),
                  "The recording cannot be played");
    case GST_MESSAGE_WARNING:
      return hooks_.warned(told(message, "The recording of a viewer"));
    case GST_MESSAGE_EOS:
      return playback_->run([this] { at_end(); });
    case GST_MESSAGE_ASYNC_DONE:
    case GST_MESSAGE_STATE_CHANGED:
      if (own) playback_->changed();
      return;
    default:
      return;
  }
}

}  // namespace rtc
