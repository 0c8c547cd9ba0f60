#include "bare_connection.hpp"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>

#include <cstring>

#include "base/signal.hpp"

namespace rtc::bench {

std::shared_ptr<BareConnection> BareConnection::create(EventLoop &loop, GstBin *bin, Hooks hooks) {
  auto connection =
      std::shared_ptr<BareConnection>(new BareConnection(loop, bin, std::move(hooks)));
  connection->connect_signals();
  gst_bin_add(bin, connection->webrtcbin());
  return connection;
}

BareConnection::BareConnection(EventLoop &loop, GstBin *bin, Hooks hooks)
    : loop_(loop),
      hooks_(std::move(hooks)),
      bin_(share(GST_ELEMENT(bin))),
      webrtcbin_(share(gst_element_factory_make("webrtcbin", nullptr))) {
  gst_util_set_object_arg(G_OBJECT(webrtcbin()), "bundle-policy", "max-bundle");
}

BareConnection::~BareConnection() {
  gst_element_set_state(webrtcbin(), GST_STATE_NULL);
  gst_bin_remove(GST_BIN(bin_.get()), webrtcbin());
}

void BareConnection::run() { gst_element_sync_state_with_parent(webrtcbin()); }

void BareConnection::post(std::function<void(BareConnection &)> task) {
  loop_.post(if_alive(weak_from_this(), std::move(task)));
}

void BareConnection::connect_signals() {
  const auto weak = weak_from_this();
  connect_weak<void(GstElement *, guint, gchar *)>(
      webrtcbin(), "on-ice-candidate", weak,
      [](BareConnection &self, GstElement *, guint mline, gchar *text) {
        self.post([candidate = Candidate{mline, "", text}](BareConnection &s) {
          s.hooks_.send(candidate);
        });
      });
  connect_weak<void(GstElement *, GParamSpec *)>(
      webrtcbin(), "notify::ice-connection-state", weak,
      [](BareConnection &self, GstElement *element, GParamSpec *) {
        GstWebRTCICEConnectionState state{};
        g_object_get(element, "ice-connection-state", &state, nullptr);
        if (state == GST_WEBRTC_ICE_CONNECTION_STATE_CHECKING) self.hooks_.reached("checking");
        if (state == GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED ||
            state == GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED)
          self.hooks_.reached("ice");
      });
  connect_weak<void(GstElement *, GParamSpec *)>(
      webrtcbin(), "notify::connection-state", weak,
      [](BareConnection &self, GstElement *element, GParamSpec *) {
        GstWebRTCPeerConnectionState state{};
        g_object_get(element, "connection-state", &state, nullptr);
        if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED) self.hooks_.reached("dtls");
        if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED) self.hooks_.reached("failed");
      });
}

void BareConnection::offer() { create("offer"); }

void BareConnection::create(const char *type) {
  struct Pending {
    std::weak_ptr<BareConnection> self;
    const char *type;
  };
  auto *promise = gst_promise_new_with_change_func(
      [](GstPromise *p, gpointer data) {
        const auto owned = adopt(p);
        auto *pending = static_cast<Pending *>(data);
        const auto self = pending->self.lock();
        const auto *reply = gst_promise_get_reply(p);
        GstWebRTCSessionDescription *made = nullptr;
        if (self && reply)
          gst_structure_get(reply, pending->type, GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &made,
                            nullptr);
        if (!made) return;
        g_signal_emit_by_name(self->webrtcbin(), "set-local-description", made, nullptr);
        const CharPtr text(gst_sdp_message_as_text(made->sdp));
        const auto kind = made->type == GST_WEBRTC_SDP_TYPE_OFFER ? Description::Type::offer
                                                                  : Description::Type::answer;
        gst_webrtc_session_description_free(made);
        self->hooks_.reached(kind == Description::Type::offer ? "offer made" : "answer made");
        self->post([sdp = std::string(text.get()), kind](BareConnection &s) {
          s.hooks_.send(Description{kind, sdp});
        });
      },
      new Pending{weak_from_this(), type},
      [](gpointer data) { delete static_cast<Pending *>(data); });
  const auto signal = std::string("create-") + type;
  g_signal_emit_by_name(webrtcbin(), signal.c_str(), nullptr, promise);
}

void BareConnection::received(const Message &message) {
  if (const auto *candidate = std::get_if<Candidate>(&message)) {
    if (!candidate->candidate.empty())
      g_signal_emit_by_name(webrtcbin(), "add-ice-candidate", candidate->mline,
                            candidate->candidate.c_str());
    return;
  }
  const auto *description = std::get_if<Description>(&message);
  if (!description) return;
  GstSDPMessage *sdp = nullptr;
  gst_sdp_message_new_from_text(description->sdp.c_str(), &sdp);
  const bool is_offer = description->type == Description::Type::offer;
  auto *remote = gst_webrtc_session_description_new(
      is_offer ? GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
  g_signal_emit_by_name(webrtcbin(), "set-remote-description", remote, nullptr);
  gst_webrtc_session_description_free(remote);
  if (is_offer) create("answer");
}

}  // namespace rtc::bench
