#include "session/session.hpp"

#include "base/log.hpp"
#include "base/redact.hpp"
#include "base/signal.hpp"
#include "base/text.hpp"
#include "message/sdp.hpp"
#include "session/frame_lists.hpp"

namespace rtc {

Result<std::shared_ptr<Session>> Session::create(EventLoop &loop, std::shared_ptr<Reaper> reaper,
                                                 Settings settings,
                                                 std::weak_ptr<Listener> listener) {
  auto session = std::shared_ptr<Session>(
      new Session(loop, std::move(reaper), std::move(settings), std::move(listener)));
  if (auto built = session->build(); !built) return built.error();
  return session;
}

Session::Session(EventLoop &loop, std::shared_ptr<Reaper> reaper, Settings settings,
                 std::weak_ptr<Listener> listener)
    : loop_(loop),
      reaper_(std::move(reaper)),
      settings_(std::move(settings)),
      listener_(std::move(listener)) {}

Session::~Session() { close(); }

Result<bool> Session::build() {
  for (const auto &[element, package] : {std::pair{"webrtcbin", "gstreamer1.0-plugins-bad"},
                                         {"nicesink", "gstreamer1.0-nice"},
                                         {"dtlsenc", "gstreamer1.0-plugins-bad"},
                                         {"srtpenc", "gstreamer1.0-plugins-bad"},
                                         {"rtpbin", "gstreamer1.0-plugins-good"}}) {
    const auto factory = adopt(gst_element_factory_find(element));
    if (!factory)
      return Error{
          Error::Kind::missing_element,
          format("The GStreamer element %s is missing; install the package %s.", element, package),
          element};
  }
  pipeline_ = sink(gst_pipeline_new(("session-" + settings_.id).c_str()));
  webrtcbin_ = share(gst_element_factory_make("webrtcbin", nullptr));
  g_object_set(webrtcbin_.get(), "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "latency",
               settings_.latency, nullptr);
  apply_ice_settings(webrtcbin_.get(), settings_.ice);
  gst_bin_add(GST_BIN(pipeline_.get()), webrtcbin_.get());
  // Sender reports are to tell when a frame was captured, not when its encoder was done with it:
  // the difference would stand between video and audio at every receiver.
  const auto rtpbin = adopt(gst_bin_get_by_name(GST_BIN(webrtcbin_.get()), "rtpbin"));
  if (rtpbin) g_object_set(rtpbin.get(), "rtcp-sync-send-time", FALSE, nullptr);

  // The tracks carry the application's clock and running time as they are.
  gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), settings_.clock.get());
  gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
  gst_element_set_base_time(pipeline_.get(), settings_.base_time);
  connect_signals();
  gst_element_set_state(pipeline_.get(), GST_STATE_READY);
  return true;
}

void Session::connect_signals() {
  const auto weak = weak_from_this();
  auto *w = webrtcbin_.get();
  connect_weak<void(GstElement *, guint, gchar *)>(
      w, "on-ice-candidate", weak, [](Session &self, GstElement *, guint mline, gchar *text) {
        self.post([candidate = Candidate{mline, "", text}](Session &s) {
          s.perform(s.negotiation_.gathered(candidate));
        });
      });
  for (const char *property : {"notify::connection-state", "notify::ice-connection-state"})
    connect_weak<void(GstElement *, GParamSpec *)>(
        w, property, weak, [](Session &self, GstElement *, GParamSpec *) {
          self.post([](Session &s) { s.update_state(); });
        });
  connect_weak<void(GstElement *, GParamSpec *)>(
      w, "notify::ice-gathering-state", weak, [](Session &self, GstElement *element, GParamSpec *) {
        GstWebRTCICEGatheringState state{};
        g_object_get(element, "ice-gathering-state", &state, nullptr);
        if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
          self.post([](Session &s) { s.perform(s.negotiation_.gathering_complete()); });
      });
  connect_weak<void(GstElement *, GstPad *)>(w, "pad-added", weak,
                                             [](Session &self, GstElement *, GstPad *pad) {
                                               if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
                                               if (const auto listener = self.listener_.lock())
                                                 listener->session_pad_added(self, pad);
                                             });
  connect_weak<void(GstBin *, GstBin *, GstElement *)>(
      w, "deep-element-added", weak,
      [](Session &self, GstBin *, GstBin *, GstElement *element) { self.element_added(element); });

  const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
  using Weak = std::weak_ptr<Session>;
  gst_bus_set_sync_handler(
      bus.get(),
      [](GstBus *, GstMessage *message, gpointer data) {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
          GError *error = nullptr;
          gst_message_parse_error(message, &error, nullptr);
          if (const auto self = static_cast<Weak *>(data)->lock())
            self->post([text = std::string(error->message)](Session &s) {
              s.perform(Negotiation::Fail{
                  Error{Error::Kind::failed, "The connection failed: " + text, text}});
            });
          g_error_free(error);
        }
        // A message on a bus that nobody reads keeps the webrtcbin that sent it alive.
        gst_message_unref(message);
        return GST_BUS_DROP;
      },
      new Weak(weak), [](gpointer data) { delete static_cast<Weak *>(data); });
}

void Session::element_added(GstElement *element) {
  let_lists_pass(element);
  const auto *factory = gst_element_get_factory(element);
  const std::string_view name = factory ? GST_OBJECT_NAME(factory) : "";
  if (name == "clocksync") {
    // What comes in is paced already; the wait would only add the latency of the pipeline.
    g_object_set(element, "sync", FALSE, nullptr);
  } else if (name == "nicesrc") {
    const auto pad = adopt(gst_element_get_static_pad(element, "src"));
    gst_pad_add_probe(
        pad.get(), GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
        [](GstPad *, GstPadProbeInfo *, gpointer data) {
          if (const auto self = static_cast<std::weak_ptr<Session> *>(data)->lock())
            self->last_received_.store(Clock::now(), std::memory_order_relaxed);
          return GST_PAD_PROBE_OK;
        },
        new std::weak_ptr<Session>(weak_from_this()),
        [](gpointer data) { delete static_cast<std::weak_ptr<Session> *>(data); });
  }
}

void Session::post(std::function<void(Session &)> task) {
  loop_.post(if_alive(weak_from_this(), [task = std::move(task)](Session &self) {
    if (!self.closed_) task(self);
  }));
}

void Session::run() { gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING); }

void Session::negotiate() { perform(negotiation_.negotiate()); }

void Session::received(const Message &message) {
  if (!closed_) perform(negotiation_.received(message));
}

void Session::update_state() {
  GstWebRTCPeerConnectionState connection{};
  GstWebRTCICEConnectionState ice{};
  g_object_get(webrtcbin_.get(), "connection-state", &connection, "ice-connection-state", &ice,
               nullptr);
  auto state = state_;
  if (connection == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED ||
      ice == GST_WEBRTC_ICE_CONNECTION_STATE_FAILED)
    state = State::failed;
  else if (connection == GST_WEBRTC_PEER_CONNECTION_STATE_DISCONNECTED ||
           ice == GST_WEBRTC_ICE_CONNECTION_STATE_DISCONNECTED)
    state = State::disconnected;
  else if (connection == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    state = State::connected;
  if (state == std::exchange(state_, state)) return;
  if (const auto listener = listener_.lock()) listener->session_changed(*this, state);
}

void Session::perform(const Negotiation::Actions &actions) {
  const auto self = shared_from_this();
  for (const auto &action : actions) {
    if (closed_) return;
    std::visit([this](const auto &a) { perform(a); }, action);
  }
}

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
  return {
      Error{Error::Kind::failed,
            format("The connection could not be negotiated: %s failed (%s).", what, detail.c_str()),
            detail}};
}

}  // namespace

void Session::perform(const Negotiation::CreateOffer &) {
  g_signal_emit_by_name(
      webrtcbin_.get(), "create-offer", nullptr,
      promise([](Session &self, const GstStructure *reply) {
        GstWebRTCSessionDescription *offer = nullptr;
        if (reply)
          gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, nullptr);
        if (!offer) return self.perform(reply_error(reply, "making an offer"));
        const CharPtr text(gst_sdp_message_as_text(offer->sdp));
        gst_webrtc_session_description_free(offer);
        self.perform(self.negotiation_.created({Description::Type::offer, text.get()}));
      }));
}

void Session::perform(const Negotiation::CreateAnswer &) {
  g_signal_emit_by_name(
      webrtcbin_.get(), "create-answer", nullptr,
      promise([](Session &self, const GstStructure *reply) {
        GstWebRTCSessionDescription *answer = nullptr;
        if (reply)
          gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, nullptr);
        if (!answer) return self.perform(reply_error(reply, "making an answer"));
        const CharPtr text(gst_sdp_message_as_text(answer->sdp));
        gst_webrtc_session_description_free(answer);
        self.perform(self.negotiation_.created({Description::Type::answer, text.get()}));
      }));
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
    perform(negotiation_.local_set(ok));
    if (ok && negotiation_.stable())
      if (const auto listener = listener_.lock()) listener->session_negotiated(*this);
  });
}

void Session::perform(const Negotiation::SetRemote &action) {
  RTC_DEBUG("%s remote description:\n%s", id().c_str(), redact(action.description.sdp).c_str());
  if (const auto listener = listener_.lock())
    if (const auto accepted = listener->session_described(*this, action.description); !accepted)
      return perform(Negotiation::Fail{accepted.error()});
  if (closed_) return;
  set_description("set-remote-description", action.description, [this](bool ok) {
    perform(negotiation_.remote_set(ok));
    if (ok && negotiation_.stable())
      if (const auto listener = listener_.lock()) listener->session_negotiated(*this);
  });
}

void Session::perform(const Negotiation::AddCandidate &action) {
  // A browser's mDNS name cannot be resolved here; it reaches us as a peer-reflexive candidate.
  if (is_mdns_candidate(action.candidate.candidate)) return;
  g_signal_emit_by_name(webrtcbin_.get(), "add-ice-candidate", action.candidate.mline,
                        action.candidate.candidate.c_str());
}

void Session::perform(const Negotiation::Send &action) {
  const auto listener = listener_.lock();
  if (!listener) return;
  auto message = action.message;
  if (auto *description = std::get_if<Description>(&message)) {
    if (description->type == Description::Type::offer)
      description->sdp = complete_offer(description->sdp, settings_.stream_id);
    else
      description->sdp = add_fmtp(description->sdp, "opus", "stereo=1;useinbandfec=1");
    if (settings_.max_video_bitrate)
      description->sdp = limit_video_bandwidth(description->sdp, settings_.max_video_bitrate);
  }
  listener->session_sends(*this, message);
}

void Session::perform(const Negotiation::Fail &action) {
  if (const auto listener = listener_.lock()) listener->session_failed(*this, action.error);
}

void Session::get_stats(std::function<void(StructurePtr)> done) {
  if (closed_ || state_ != State::connected) return done(nullptr);
  g_signal_emit_by_name(webrtcbin_.get(), "get-stats", nullptr,
                        promise([done = std::move(done)](Session &, const GstStructure *reply) {
                          done(StructurePtr(reply ? gst_structure_copy(reply) : nullptr));
                        }));
}

void Session::close() {
  if (std::exchange(closed_, true) || !pipeline_) return;
  reaper_->reap([pipeline = std::move(pipeline_), webrtcbin = std::move(webrtcbin_)]() mutable {
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    const auto bus = adopt(gst_element_get_bus(pipeline.get()));
    gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
    webrtcbin.reset();
    pipeline.reset();
  });
}

}  // namespace rtc
