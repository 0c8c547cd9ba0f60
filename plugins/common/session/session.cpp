#include "session/session.hpp"

#include "base/log.hpp"
#include "base/redact.hpp"
#include "base/signal.hpp"
#include "base/text.hpp"
#include "ice/nice_agent.hpp"
#include "media/held_pad.hpp"
#include "message/sdp.hpp"
#include "session/channel_errors.hpp"
#include "session/dtls_elements.hpp"
#include "session/frame_lists.hpp"
#include "session/srtp_sender.hpp"

namespace rtc {

namespace {
constexpr double feedback_bandwidth = 10e6;  // of which 5 % are for RTCP: 6 ms between reports
// Each costs two threads of webrtcbin.
constexpr size_t most_channels = 256;
constexpr guint64 report_interval = GST_SECOND;
constexpr guint64 feedback_interval = 100 * GST_MSECOND;
}  // namespace

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
      listener_(std::move(listener)),
      negotiation_(settings_.trickle, settings_.glare) {}

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
  const auto later = settings_.ice->apply(webrtcbin_.get());
  if (!later) return later.error();
  later_relays_ = *later;
  if (!settings_.trickle) add_later_relays();
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
  watch_bus();
  gst_element_set_state(pipeline_.get(), GST_STATE_READY);
  return true;
}

void Session::connect_signals() {
  const auto weak = weak_from_this();
  auto *w = webrtcbin_.get();
  connect_weak<void(GstElement *, guint, gchar *)>(
      w, "on-ice-candidate", weak, [](Session &self, GstElement *, guint mline, gchar *text) {
        self.post([candidate = Candidate{mline, "", text}](Session &s) { s.gathered(candidate); });
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
          self.post([](Session &s) { s.gathering_complete(); });
      });
  connect_weak<void(GstElement *, GstPad *)>(w, "pad-added", weak,
                                             [](Session &self, GstElement *, GstPad *pad) {
                                               if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
                                               hold_back(pad);
                                               self.post([kept = share(pad)](Session &s) {
                                                 if (const auto listener = s.listener_.lock())
                                                   listener->session_pad_added(s, kept);
                                               });
                                             });
  connect_weak<void(GstElement *, GstWebRTCDataChannel *, gboolean)>(
      w, "prepare-data-channel", weak,
      [](Session &self, GstElement *element, GstWebRTCDataChannel *channel, gboolean ours) {
        SctpStreams::add(channel, self.sctp_streams_);
        if (!ours) self.prepare_channel(element, channel);
      });
  connect_weak<void(GstBin *, GstBin *, GstElement *)>(
      w, "deep-element-added", weak,
      [](Session &self, GstBin *, GstBin *, GstElement *element) { self.element_added(element); });
  watch_pair(w, [weak](SelectedPair pair) {
    if (const auto self = weak.lock())
      self->post([pair](Session &s) {
        s.path_ = s.settings_.ice->complete(pair);
        if (const auto listener = s.listener_.lock()) listener->session_path_changed(s, s.path_);
      });
  });
}

void Session::watch_bus() {
  const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
  using Weak = std::weak_ptr<Session>;
  gst_bus_set_sync_handler(
      bus.get(),
      [](GstBus *, GstMessage *message, gpointer data) {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
          GError *error = nullptr;
          gst_message_parse_error(message, &error, nullptr);
          if (const auto self = static_cast<Weak *>(data)->lock())
            self->post(
                [text = std::string(error->message)](Session &s) { s.element_failed(text); });
          g_error_free(error);
        }
        // A message on a bus that nobody reads keeps the webrtcbin that sent it alive.
        gst_message_unref(message);
        return GST_BUS_DROP;
      },
      new Weak(weak_from_this()), [](gpointer data) { delete static_cast<Weak *>(data); });
}

void Session::element_added(GstElement *element) {
  let_lists_pass(element);
  free_channel_errors(element);
  SctpWindow::watch(element, sctp_window_);
  SctpStreams::watch(element, sctp_streams_);
  ParityReceiver::watch(element, parity_);
  const auto *factory = gst_element_get_factory(element);
  const std::string_view name = factory ? GST_OBJECT_NAME(factory) : "";
  if (name == "clocksync") {
    // What comes in is paced already; the wait would only add the latency of the pipeline.
    g_object_set(element, "sync", FALSE, nullptr);
  } else if (name == "srtpenc") {
    take_over_srtp(element, transport_);
  } else if (name == "srtpdec") {
    TransportWide::watch(element, transport_);
  } else if (name == "rtprtxsend") {
    RetransmissionBudget::watch(element, retransmissions_);
    repeater_.add(element);
  } else if (name == "rtpsession") {
    // Feedback (NACK, transport-wide) waits for its share of the bandwidth (RFC 4585 section 3.5),
    // which GStreamer takes for 64 kbit/s until it counts anew: every half a second, too late to
    // repair a frame. Regular reports come every second.
    g_object_set(element, "bandwidth", feedback_bandwidth, "rtcp-min-interval", report_interval,
                 nullptr);
    // With every frame would cost the sender as much as sending.
    GObject *rtp = nullptr;
    g_object_get(element, "internal-session", &rtp, nullptr);
    g_object_set(rtp, "twcc-feedback-interval", feedback_interval, nullptr);
    g_object_unref(rtp);
  } else if (name == "rtpjitterbuffer") {
    // Asking for packets that by their rhythm should have come would ask for most first packets of
    // frames, before they are sent.
    g_object_set(element, "rtx-next-seqnum", FALSE, nullptr);
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
  // Behind what looks at all packets.
  EarlyFeedback::watch(element, early_feedback_);
}

// Before any of its events, which come to the loop after what is posted here.
void Session::prepare_channel(GstElement *webrtcbin, GstWebRTCDataChannel *channel) {
  const auto made = DataChannel::wrap(loop_, reaper_, webrtcbin, channel);
  post([made](Session &self) {
    std::erase_if(self.channels_, [](const auto &channel) { return channel.expired(); });
    if (self.channels_.size() >= most_channels)
      return self.perform(Negotiation::Fail{
          Error{Error::Kind::refused, "The other side makes too many data channels.", ""}});
    self.opening_.push_back(made);
    self.channels_.push_back(made);
    made->on_open([weak = self.weak_from_this(), weak_channel = std::weak_ptr(made)] {
      const auto session = weak.lock();
      const auto opened = weak_channel.lock();
      if (!session || !opened || session->closed_) return;
      std::erase(session->opening_, opened);
      if (const auto listener = session->listener_.lock())
        listener->session_channel_added(*session, opened);
    });
  });
}

Result<std::shared_ptr<DataChannel>> Session::create_channel(const DataChannelInit &init) {
  if (closed_) return Error{Error::Kind::failed, "The connection is closed.", "no webrtcbin"};
  auto made = DataChannel::create(loop_, reaper_, webrtcbin_.get(), init);
  if (!made) return made.error();
  if (!init.label.empty()) labels_.push_back(init.label);
  channels_.push_back(*made);
  return made;
}

void Session::post(std::function<void(Session &)> task) {
  loop_.post(if_alive(weak_from_this(), [task = std::move(task)](Session &self) {
    if (!self.closed_) task(self);
  }));
}

void Session::gathered(const Candidate &candidate) {
  reflexive_ |= candidate.candidate.find(" typ srflx") != std::string::npos;
  relayed_ |= candidate.candidate.find(" typ relay") != std::string::npos;
  for (auto &text : settings_.ice->settings().announce.apply(candidate.candidate))
    perform(negotiation_.gathered({candidate.mline, candidate.mid, text}));
}

void Session::gathering_complete() {
  settings_.ice->missed(!reflexive_, !relayed_);
  perform(negotiation_.gathering_complete());
}

void Session::run() { gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING); }

void Session::negotiated() {
  // From now on ICE can check pairs.
  if (!head_start_over_ && !head_start_.active())
    head_start_ = loop_.after(head_start, [this] { add_later_relays(); });
  if (const auto listener = listener_.lock()) listener->session_negotiated(*this);
}

void Session::add_later_relays() {
  head_start_over_ = true;
  head_start_.cancel();
  for (const auto &relay : std::exchange(later_relays_, {}))
    settings_.ice->add_relay(webrtcbin_.get(), relay);
  for (const auto &candidate : std::exchange(later_candidates_, {}))
    perform(Negotiation::AddCandidate{candidate});
}

void Session::negotiate() { perform(negotiation_.negotiate()); }

void Session::received(const Message &message) {
  if (!closed_) perform(negotiation_.received(message));
}

// Once connected, that is a broken path; the owner may make another session.
void Session::element_failed(const std::string &text) {
  if (state_ == State::connecting)
    return perform(
        Negotiation::Fail{Error{Error::Kind::failed, "The connection failed: " + text, text}});
  RTC_INFO("%s: %s", id().c_str(), text.c_str());
  broken_ = true;
  update_state();
}

void Session::update_state() {
  GstWebRTCPeerConnectionState connection{};
  GstWebRTCICEConnectionState ice{};
  g_object_get(webrtcbin_.get(), "connection-state", &connection, "ice-connection-state", &ice,
               nullptr);
  if (ice == GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED) end_checks_soon(webrtcbin_.get());
  auto state = state_;
  if (broken_ || connection == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED ||
      ice == GST_WEBRTC_ICE_CONNECTION_STATE_FAILED)
    state = State::failed;
  else if (connection == GST_WEBRTC_PEER_CONNECTION_STATE_DISCONNECTED ||
           ice == GST_WEBRTC_ICE_CONNECTION_STATE_DISCONNECTED)
    state = State::disconnected;
  else if (connection == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED) {
    state = State::connected;
    head_start_.cancel();
  }
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

void Session::get_stats(std::function<void(StructurePtr)> done) {
  if (closed_ || state_ != State::connected) return done(nullptr);
  g_signal_emit_by_name(webrtcbin_.get(), "get-stats", nullptr,
                        promise([done = std::move(done)](Session &, const GstStructure *reply) {
                          done(StructurePtr(reply ? gst_structure_copy(reply) : nullptr));
                        }));
}

std::chrono::nanoseconds Session::running_time() const {
  const auto now = settings_.clock ? gst_clock_get_time(settings_.clock.get()) : 0;
  return std::chrono::nanoseconds(GST_CLOCK_DIFF(settings_.base_time, now));
}

void Session::close() {
  if (std::exchange(closed_, true) || !pipeline_) return;
  head_start_.cancel();
  gathering_deadline_.cancel();
  opening_.clear();
  // They point to the webrtcbin that goes.
  for (const auto &weak : std::exchange(channels_, {}))
    if (const auto channel = weak.lock()) channel->abandon("the connection was closed");
  sctp_streams_->stop();
  transport_->on_feedback(nullptr);
  reaper_->reap([pipeline = std::move(pipeline_), webrtcbin = std::move(webrtcbin_),
                 streams = sctp_streams_, relays = settings_.ice->has_turn()]() mutable {
    if (relays) release_relays(webrtcbin.get());
    release_sctp(webrtcbin.get());
    streams->settle();
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    release_dtls(webrtcbin.get());
    const auto bus = adopt(gst_element_get_bus(pipeline.get()));
    gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
    webrtcbin.reset();
    pipeline.reset();
  });
}

}  // namespace rtc
