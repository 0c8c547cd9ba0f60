// How a PublishingElement tells the application what happens: signals and messages on the bus.
#include "element_error.hpp"
#include "path_message.hpp"
#include "publishing_element.hpp"

namespace rtc {

void PublishingElement::publisher_ready(const std::string &url, const std::string &stream) {
  {
    std::lock_guard lock(mutex_);
    url_ = url;
  }
  post(gst_structure_new("rtc-ready", "url", G_TYPE_STRING, url.c_str(), "stream", G_TYPE_STRING,
                         stream.c_str(), nullptr));
}

void PublishingElement::publisher_lost(const Error &error) {
  post(gst_structure_new("rtc-signaling-lost", "reason", G_TYPE_STRING, error.message.c_str(),
                         nullptr));
}

void PublishingElement::publisher_warns(const std::string &session, const Error &error) {
  auto about = error;
  if (!session.empty()) about.detail += " (session " + session + ")";
  post_warning(element_, about);
}

bool PublishingElement::accept_viewer(const std::string &session, const std::string &peer) {
  gboolean accepted = TRUE;
  g_signal_emit_by_name(element_, "accept-viewer", session.c_str(), peer.c_str(), &accepted);
  return accepted;
}

void PublishingElement::viewer_added(const std::string &session, const std::string &peer,
                                     GstElement *webrtcbin, size_t viewers) {
  viewer_count_ = static_cast<guint>(viewers);
  count_session(peer);
  g_signal_emit_by_name(element_, "viewer-added", session.c_str(), peer.c_str(), webrtcbin);
  post(gst_structure_new("rtc-viewer-added", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), "viewers", G_TYPE_UINT,
                         static_cast<guint>(viewers), nullptr));
}

void PublishingElement::viewer_started(const std::string &session, const std::string &peer) {
  post(gst_structure_new("rtc-viewer-connected", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), nullptr));
}

void PublishingElement::viewer_healing(const std::string &session, const std::string &peer,
                                       const std::string &reason, GstElement *webrtcbin) {
  g_signal_emit_by_name(element_, "viewer-healing", session.c_str(), peer.c_str(), webrtcbin);
  auto *message = healing_message(session, reason);
  gst_structure_set(message, "peer", G_TYPE_STRING, peer.c_str(), nullptr);
  post(message);
}

void PublishingElement::viewer_healed(const std::string &session, const std::string &peer,
                                      milliseconds gap) {
  auto *message = healed_message(session, gap);
  gst_structure_set(message, "peer", G_TYPE_STRING, peer.c_str(), nullptr);
  post(message);
}

void PublishingElement::viewer_path_changed(const std::string &session, const std::string &peer,
                                            const SelectedPair &path) {
  auto *message = path_message(session, path);
  gst_structure_set(message, "peer", G_TYPE_STRING, peer.c_str(), nullptr);
  post(message);
}

void PublishingElement::viewer_rendition(const std::string &session, const std::string &peer,
                                         const std::string &pad, const std::string &rendition,
                                         const std::string &reason) {
  post(gst_structure_new("rtc-rendition", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), "pad", G_TYPE_STRING, pad.c_str(),
                         "rendition", G_TYPE_STRING, rendition.c_str(), "reason", G_TYPE_STRING,
                         reason.c_str(), nullptr));
}

void PublishingElement::viewer_removed(const std::string &session, const std::string &peer,
                                       const std::string &reason, size_t viewers) {
  viewer_count_ = static_cast<guint>(viewers);
  discount_session(peer);
  g_signal_emit_by_name(element_, "viewer-removed", session.c_str(), peer.c_str(), reason.c_str());
  post(gst_structure_new("rtc-viewer-removed", "session", G_TYPE_STRING, session.c_str(), "peer",
                         G_TYPE_STRING, peer.c_str(), "reason", G_TYPE_STRING, reason.c_str(),
                         "viewers", G_TYPE_UINT, static_cast<guint>(viewers), nullptr));
}

// Who has come again in another session goes on.
void PublishingElement::discount_session(const std::string &peer) {
  if (--sessions_[peer] > 0) return;
  sessions_.erase(peer);
  data_sources_.end(peer);
}

void PublishingElement::post(GstStructure *structure) {
  gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), structure));
}

}  // namespace rtc
