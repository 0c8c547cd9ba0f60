// How a Session carries out what its Negotiation decides: webrtcbin is asked, and its answers are
// posted to the loop.
#include "base/log.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "message/sdp.hpp"
#include "session/rtp_extensions.hpp"
#include "session/session.hpp"

namespace rtc {

namespace {
// Where candidates cannot follow, a slow server is not waited for longer.
constexpr auto gathering_time = seconds(3);
// What webrtcbin may send: as browsers. It takes the smaller one of both descriptions.
constexpr unsigned largest_sent_message = 256 * 1024;
// A larger message comes out of GStreamer 1.22 in pieces: sctpdec takes usrsctp's partial delivery,
// which begins here, for messages.
constexpr unsigned largest_received_message = 64 * 1024;

std::string allow_large_messages(const char *sdp) {
  return limit_message_size(sdp, largest_sent_message);
}
}  // namespace

GstPromise *Session::promise(std::function<void(Session &, const GstStructure *)> done) {
  struct Pending {
    std::weak_ptr<Session> session;
    std::function<void(Session &, const GstStructure *)> done;
  };
  return gst_promise_new_with_change_func(
      [](GstPromise *promise, gpointer data) {
        const auto owned = adopt(promise);
        auto *pending = static_cast<Pending *>(data);
        const auto self = pending->session.lock();
        if (!self) return;
        const auto *reply = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED
                                ? gst_promise_get_reply(promise)
                                : nullptr;
        std::shared_ptr<GstStructure> copy(reply ? gst_structure_copy(reply) : nullptr,
                                           [](GstStructure *s) {
                                             if (s) gst_structure_free(s);
                                           });
        self->post([copy, done = pending->done](Session &s) { done(s, copy.get()); });
      },
      new Pending{weak_from_this(), std::move(done)},
      [](gpointer data) { delete static_cast<Pending *>(data); });
}

namespace {

Negotiation::Fail reply_error(const GstStructure *reply, const char *what) {
  GError *error = nullptr;
  if (reply && gst_structure_has_field(reply, "error"))
    gst_structure_get(reply, "error", G_TYPE_ERROR, &error, nullptr);
  const ErrorPtr owned(error);
  const std::string detail = error ? error->message : "no reply";
  return {Error{Error::Kind::failed,
                format("The connection could not be negotiated: making the %s failed (%s).", what,
                       detail.c_str()),
                detail}};
}

}  // namespace

void Session::create_description(Description::Type type) {
  const bool offers = type == Description::Type::offer;
  const char *const name = offers ? "offer" : "answer";
  g_signal_emit_by_name(
      webrtcbin_.get(), offers ? "create-offer" : "create-answer", nullptr,
      promise([type, name](Session &self, const GstStructure *reply) {
        GstWebRTCSessionDescription *made = nullptr;
        if (reply)
          gst_structure_get(reply, name, GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &made, nullptr);
        if (!made) return self.perform(reply_error(reply, name));
        const CharPtr text(gst_sdp_message_as_text(made->sdp));
        gst_webrtc_session_description_free(made);
        self.perform(self.negotiation_.created({type, allow_large_messages(text.get())}));
      }));
}

void Session::perform(const Negotiation::CreateOffer &) {
  create_description(Description::Type::offer);
}

void Session::perform(const Negotiation::CreateAnswer &) {
  create_description(Description::Type::answer);
}

void Session::set_description(const char *signal, const Description &description,
                              std::function<void(bool)> done) {
  GstSDPMessage *sdp = nullptr;
  gst_sdp_message_new(&sdp);
  if (gst_sdp_message_parse_buffer(reinterpret_cast<const guint8 *>(description.sdp.data()),
                                   static_cast<guint>(description.sdp.size()), sdp) != GST_SDP_OK) {
    gst_sdp_message_free(sdp);
    return done(false);
  }
  const auto type = description.type == Description::Type::offer ? GST_WEBRTC_SDP_TYPE_OFFER
                                                                 : GST_WEBRTC_SDP_TYPE_ANSWER;
  auto *boxed = gst_webrtc_session_description_new(type, sdp);
  g_signal_emit_by_name(
      webrtcbin_.get(), signal, boxed,
      promise([done = std::move(done), signal](Session &, const GstStructure *reply) {
        const bool failed = reply && gst_structure_has_field(reply, "error");
        if (failed) {
          const CharPtr text(gst_structure_to_string(reply));
          RTC_WARNING("%s: %s", signal, redact(text.get()).c_str());
        }
        done(!failed);
      }));
  gst_webrtc_session_description_free(boxed);
}

void Session::perform(const Negotiation::SetLocal &action) {
  RTC_DEBUG("%s local description:\n%s", id().c_str(), redact(action.description.sdp).c_str());
  set_description("set-local-description", action.description, [this](bool ok) {
    if (const auto error = settings_.ice->gathering_error(webrtcbin_.get()); ok && error)
      return perform(Negotiation::Fail{*error});
    perform(negotiation_.local_set(ok));
    if (ok && !settings_.trickle)
      gathering_deadline_ =
          loop_.after(gathering_time, [this] { perform(negotiation_.gathering_deadline()); });
    if (ok && negotiation_.stable()) negotiated();
  });
}

void Session::perform(const Negotiation::SetRemote &action) {
  RTC_DEBUG("%s remote description:\n%s", id().c_str(), redact(action.description.sdp).c_str());
  auto description = action.description;
  if (const auto listener = listener_.lock())
    if (const auto accepted = listener->session_described(*this, description); !accepted)
      return perform(Negotiation::Fail{accepted.error()});
  if (closed_) return;
  learn_parity(action.description);
  set_description("set-remote-description", description, [this](bool ok) {
    perform(negotiation_.remote_set(ok));
    if (ok && negotiation_.stable()) negotiated();
  });
}

void Session::learn_parity(const Description &description) {
  const auto sdp = parse_sdp(description.sdp);
  if (!sdp) return;
  parity_types_.assign(sdp->media.size(), 0);
  RtpLayout found{0, 0, 0};
  for (size_t i = 0; i < sdp->media.size(); i++) {
    const auto &media = sdp->media[i];
    if (media.kind != "video" || media.rejected()) continue;
    parity_types_[i] = parity_type(media);
    if (parity_types_[i]) found = layout_of(media, parity_types_[i]);
  }
  parity_->negotiated(found.payload_type, {found.transport_cc_id, found.abs_send_time_id});
}

// What we receive may have some; to an offer without we cannot answer with any.
void Session::allow_parity(Description &description) const {
  const auto sdp = parse_sdp(description.sdp);
  if (!sdp) return;
  const bool offers = description.type == Description::Type::offer;
  for (size_t i = 0; i < sdp->media.size(); i++) {
    const auto &media = sdp->media[i];
    const auto type = i < parity_types_.size() ? parity_types_[i] : 0;
    if (media.kind != "video" || media.rejected() ||
        (media.direction() != "sendrecv" && media.direction() != "recvonly"))
      continue;
    if (type || offers) description.sdp = rtc::allow_parity(description.sdp, i, type);
  }
}

void Session::perform(const Negotiation::AddCandidate &action) {
  const auto &[mline, mid, text] = action.candidate;
  if (!head_start_over_ && is_slow_relay(text)) {
    later_candidates_.push_back(action.candidate);
    return;
  }
  if (is_mdns_candidate(text))
    return settings_.ice->mdns().resolve(
        text, if_alive(weak_from_this(), [mline = mline](Session &self, std::string resolved) {
          if (!self.closed_)
            g_signal_emit_by_name(self.webrtcbin_.get(), "add-ice-candidate", mline,
                                  resolved.c_str());
        }));
  g_signal_emit_by_name(webrtcbin_.get(), "add-ice-candidate", mline, text.c_str());
}

void Session::perform(const Negotiation::Send &action) {
  const auto listener = listener_.lock();
  if (!listener) return;
  auto message = action.message;
  if (auto *description = std::get_if<Description>(&message)) {
    if (description->type == Description::Type::offer)
      description->sdp =
          announce_channels(complete_offer(description->sdp, settings_.stream_id), labels_);
    else
      description->sdp = add_fmtp(description->sdp, "opus", "stereo=1;useinbandfec=1");
    allow_parity(*description);
    description->sdp = limit_message_size(description->sdp, largest_received_message);
    if (settings_.max_video_bitrate)
      description->sdp = limit_video_bandwidth(description->sdp, settings_.max_video_bitrate);
    listener->session_describes(*this, *description);
  }
  listener->session_sends(*this, message);
}

void Session::perform(const Negotiation::Fail &action) {
  if (const auto listener = listener_.lock()) listener->session_failed(*this, action.error);
}

}  // namespace rtc
