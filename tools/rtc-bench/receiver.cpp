#include "receiver.hpp"

#include <cstdio>

#include "signaling/registry.hpp"

namespace rtc::bench {

void BenchReceiver::Shared::reached(const char *stage) {
  const auto milliseconds = elapsed();
  std::lock_guard lock(mutex);
  stages.emplace(stage, milliseconds);
}

BenchReceiver::BenchReceiver(EventLoop &loop, const std::string &uri) : loop_(loop) {
  pipeline_ = sink(gst_pipeline_new(nullptr));
  const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
  gst_bus_set_sync_handler(
      bus.get(),
      [](GstBus *, GstMessage *message, gpointer) {
        gst_message_unref(message);
        return GST_BUS_DROP;
      },
      nullptr, nullptr);
  auto signaler = make_signaler(loop_, {uri, {}, {}});
  if (!signaler) {
    failed(signaler.error());
    return;
  }
  signaler_ = std::move(*signaler);
  Presence presence;
  presence.watches = true;
  signaler_->start(*this, presence);
}

BenchReceiver::~BenchReceiver() {
  if (signaler_) {
    if (!session_.empty()) signaler_->send(session_, Bye{});
    signaler_->stop();
  }
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  connection_.reset();
}

std::map<std::string, double> BenchReceiver::stages() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->stages;
}

void BenchReceiver::peer_joined(const PeerId &peer, const PeerInfo &info) {
  if (!info.publishes || connection_) return;
  BareConnection::Hooks hooks;
  hooks.send = [this](Message message) { signaler_->send(session_, message); };
  hooks.reached = [shared = shared_](const char *stage) { shared->reached(stage); };
  connection_ = BareConnection::create(loop_, GST_BIN(pipeline_.get()), std::move(hooks));
  watch(connection_->webrtcbin());
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  shared_->reached("asked");
  signaler_->open(peer);
}

void BenchReceiver::watch(GstElement *webrtcbin) {
  using Holder = std::shared_ptr<Shared>;
  const GClosureNotify release = [](gpointer data, GClosure *) {
    delete static_cast<Holder *>(data);
  };
  g_signal_connect_data(webrtcbin, "deep-element-added",
                        G_CALLBACK(+[](GstBin *, GstBin *, GstElement *element, gpointer data) {
                          const auto *factory = gst_element_get_factory(element);
                          if (!factory || !g_str_equal(GST_OBJECT_NAME(factory), "dtlssrtpdec"))
                            return;
                          const auto pad = adopt(gst_element_get_static_pad(element, "rtp_src"));
                          gst_pad_add_probe(
                              pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
                              [](GstPad *, GstPadProbeInfo *info, gpointer holder) {
                                auto &shared = **static_cast<Holder *>(holder);
                                const auto firsts =
                                    shared.counter.add(GST_PAD_PROBE_INFO_BUFFER(info));
                                if (firsts.packet) shared.reached("packet");
                                if (firsts.keyframe) shared.reached("keyframe");
                                return GST_PAD_PROBE_OK;
                              },
                              new Holder(*static_cast<Holder *>(data)),
                              [](gpointer holder) { delete static_cast<Holder *>(holder); });
                        }),
                        new Holder(shared_), release, GConnectFlags(0));
  g_signal_connect(webrtcbin, "pad-added",
                   G_CALLBACK(+[](GstElement *element, GstPad *pad, gpointer) {
                     if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
                     auto *drain = gst_element_factory_make("fakesink", nullptr);
                     g_object_set(drain, "sync", FALSE, "async", FALSE, nullptr);
                     const auto parent = adopt(gst_object_get_parent(GST_OBJECT(element)));
                     gst_bin_add(GST_BIN(parent.get()), drain);
                     gst_element_sync_state_with_parent(drain);
                     const auto input = adopt(gst_element_get_static_pad(drain, "sink"));
                     gst_pad_link(pad, input.get());
                   }),
                   nullptr);
}

void BenchReceiver::session_opened(const SessionId &session, const PeerId &) {
  session_ = session;
  shared_->reached("session");
}

void BenchReceiver::received(const SessionId &session, Message message) {
  if (session_.empty()) session_ = session;
  if (const auto *bye = std::get_if<Bye>(&message))
    return failed({Error::Kind::refused, "The publisher ended the session: " + bye->reason, ""});
  if (std::holds_alternative<Description>(message)) shared_->reached("offer");
  if (connection_) connection_->received(message);
}

void BenchReceiver::failed(const Error &error) {
  fprintf(stderr, "rtc-bench view: %s\n", error.message.c_str());
}

}  // namespace rtc::bench
