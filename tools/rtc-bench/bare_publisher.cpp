#include "bare_publisher.hpp"

#include "base/text.hpp"
#include "signaling/registry.hpp"

namespace rtc::bench {

Result<std::unique_ptr<BarePublisher>> BarePublisher::create(EventLoop &loop,
                                                             const Settings &settings) {
  auto publisher = std::unique_ptr<BarePublisher>(new BarePublisher(loop, settings));
  Result<bool> built = true;
  loop.call([&] { built = publisher->build(); });
  if (!built) return built.error();
  return publisher;
}

Result<bool> BarePublisher::build() {
  const auto text = settings_.source + " ! " + settings_.rtp_caps +
                    (settings_.feedback ? ",extmap-1=(string)http://www.ietf.org/id/"
                                          "draft-holmer-rmcat-transport-wide-cc-extensions-01"
                                        : "") +
                    " ! tee name=tee allow-not-linked=true";
  GError *error = nullptr;
  pipeline_ = sink(gst_parse_launch(text.c_str(), &error));
  if (const ErrorPtr owned(error); owned)
    return Error{Error::Kind::missing_element,
                 std::string("The baseline cannot be built: ") + owned->message, text};
  tee_ = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "tee"));
  // Nobody reads the bus: a queued message would keep its sender alive.
  const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
  gst_bus_set_sync_handler(
      bus.get(),
      [](GstBus *, GstMessage *message, gpointer) {
        gst_message_unref(message);
        return GST_BUS_DROP;
      },
      nullptr, nullptr);

  ServerSettings server;
  server.listen = "127.0.0.1:0";
  auto started = Server::start(loop_, server);
  if (!started) return started.error();
  server_ = std::move(*started);
  auto signaler = make_signaler(loop_, {server_->signaling_url(), {}, {}});
  if (!signaler) return signaler.error();
  signaler_ = std::move(*signaler);
  Presence presence;
  presence.publishes = true;
  presence.name = "bench";
  signaler_->start(*this, presence);
  return true;
}

BarePublisher::~BarePublisher() {
  loop_.call([this] {
    if (signaler_) signaler_->stop();
    for (auto &[session, viewer] : viewers_) remove(viewer);
    viewers_.clear();
    signaler_.reset();
    server_.reset();
  });
  if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void BarePublisher::session_requested(const SessionId &session, const PeerId &peer,
                                      SessionRequest) {
  auto viewer = add(session);
  viewer.peer = peer;
  viewers_[session] = viewer;
  viewer.connection->offer();
}

BarePublisher::Viewer BarePublisher::add(const SessionId &session) {
  Viewer viewer;
  viewer.queue = share(gst_element_factory_make("queue", nullptr));
  // A viewer that is not connected yet must not stop the others.
  gst_util_set_object_arg(G_OBJECT(viewer.queue.get()), "leaky", "downstream");
  gst_bin_add(GST_BIN(pipeline_.get()), viewer.queue.get());
  BareConnection::Hooks hooks;
  hooks.send = [this, session](Message message) { signaler_->send(session, message); };
  hooks.reached = [](const char *) {};
  viewer.connection = BareConnection::create(loop_, GST_BIN(pipeline_.get()), std::move(hooks));
  gst_element_link(viewer.queue.get(), viewer.connection->webrtcbin());
  if (settings_.feedback) {
    const auto pad = adopt(gst_element_get_static_pad(viewer.connection->webrtcbin(), "sink_0"));
    GObject *transceiver = nullptr;
    g_object_get(pad.get(), "transceiver", &transceiver, nullptr);
    g_object_set(transceiver, "do-nack", TRUE, nullptr);
    g_object_unref(transceiver);
  }
  viewer.connection->run();
  gst_element_sync_state_with_parent(viewer.queue.get());
  viewer.branch = adopt(gst_element_request_pad_simple(tee_.get(), "src_%u"));
  const auto input = adopt(gst_element_get_static_pad(viewer.queue.get(), "sink"));
  gst_pad_link(viewer.branch.get(), input.get());
  return viewer;
}

void BarePublisher::remove(Viewer &viewer) {
  gst_element_release_request_pad(tee_.get(), viewer.branch.get());
  gst_element_set_state(viewer.queue.get(), GST_STATE_NULL);
  viewer.connection.reset();
  gst_bin_remove(GST_BIN(pipeline_.get()), viewer.queue.get());
}

void BarePublisher::received(const SessionId &session, Message message) {
  const auto found = viewers_.find(session);
  if (found == viewers_.end()) return;
  if (std::holds_alternative<Bye>(message)) {
    remove(found->second);
    viewers_.erase(found);
  } else {
    found->second.connection->received(message);
  }
}

void BarePublisher::peer_left(const PeerId &peer, bool) {
  for (auto i = viewers_.begin(); i != viewers_.end();) {
    if (i->second.peer == peer) {
      remove(i->second);
      i = viewers_.erase(i);
    } else {
      i++;
    }
  }
}

void BarePublisher::failed(const Error &error) {
  fprintf(stderr, "rtc-bench publish: %s\n", error.message.c_str());
}

}  // namespace rtc::bench
