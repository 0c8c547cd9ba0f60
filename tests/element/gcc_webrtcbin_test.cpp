// rtcgcc in a bare webrtcbin that sends to another one: it estimates, and it probes.
#include <gst/webrtc/webrtc.h>

#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

constexpr auto offered =
    "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000,extmap-1="
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const auto sending =
    std::string(
        "webrtcbin name=a bundle-policy=max-bundle videotestsrc is-live=true pattern=ball "
        "! video/x-raw,width=320,height=240,framerate=30/1 ! vp8enc deadline=1 "
        "target-bitrate=200000 keyframe-max-dist=30 ! rtpvp8pay pt=96 ! ") +
    offered + " ! a.";

// The source only makes it a pipeline.
constexpr auto receiving =
    "webrtcbin name=b bundle-policy=max-bundle  fakesrc num-buffers=1 ! fakesink async=false";

// Gives each webrtcbin what the other one makes, on whatever thread it comes.
void pass_candidates(GstElement *from, GstElement *to) {
  g_signal_connect(from, "on-ice-candidate",
                   G_CALLBACK(+[](GstElement *, guint mline, gchar *text, GstElement *other) {
                     g_signal_emit_by_name(other, "add-ice-candidate", mline, text);
                   }),
                   to);
}

// Without it libnice asks the network for routers (UPnP): no test is to leave the machine.
void stay_here(GstElement *webrtcbin) {
  GObject *ice = nullptr, *agent = nullptr;
  g_object_get(webrtcbin, "ice-agent", &ice, nullptr);
  g_object_get(ice, "agent", &agent, nullptr);
  g_object_set(agent, "upnp", FALSE, nullptr);
  g_object_unref(agent);
  g_object_unref(ice);
}

class GccInWebrtcbin : public ElementTest {
 protected:
  GccInWebrtcbin() : sender_(sending), receiver_(receiving) {
    a_ = sender_.element("a");
    b_ = receiver_.element("b");
    stay_here(a_.get());
    stay_here(b_.get());
    pass_candidates(a_.get(), b_.get());
    pass_candidates(b_.get(), a_.get());
    const auto caps = adopt(gst_caps_from_string(offered));
    GstWebRTCRTPTransceiver *wanted = nullptr;
    g_signal_emit_by_name(b_.get(), "add-transceiver",
                          GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps.get(), &wanted);
    repair(adopt(wanted).get());
    g_signal_connect(b_.get(), "pad-added", G_CALLBACK(show), receiver_.get());
    GstWebRTCRTPTransceiver *transceiver = nullptr;
    g_signal_emit_by_name(a_.get(), "get-transceiver", 0, &transceiver);
    const auto owned = adopt(transceiver);
    repair(transceiver);
    g_signal_connect(a_.get(), "request-aux-sender", G_CALLBACK(add_estimator), this);
    g_signal_connect(a_.get(), "on-negotiation-needed",
                     G_CALLBACK(+[](GstElement *, GccInWebrtcbin *self) {
                       self->needed_ = true;
                       Changes::get().change();
                     }),
                     this);
  }
  ~GccInWebrtcbin() override {
    sender_.stop();
    receiver_.stop();
  }

  static void repair(GstWebRTCRTPTransceiver *transceiver) {
    g_object_set(transceiver, "do-nack", TRUE, nullptr);
  }
  static void show(GstElement *, GstPad *pad, GstElement *pipeline) {
    auto *sink = gst_element_factory_make("fakesink", nullptr);
    g_object_set(sink, "async", FALSE, "sync", FALSE, nullptr);
    gst_bin_add(GST_BIN(pipeline), sink);
    gst_element_sync_state_with_parent(sink);
    gst_pad_link(pad, adopt(gst_element_get_static_pad(sink, "sink")).get());
  }
  static GstElement *add_estimator(GstElement *, GstWebRTCDTLSTransport *, GccInWebrtcbin *self) {
    auto *gcc = gst_element_factory_make("rtcgcc", nullptr);
    EXPECT_TRUE(gcc) << "rtcgcc is not in the plugin path";
    if (!gcc) return nullptr;
    self->gcc_ = share(gcc);
    g_signal_connect(gcc, "notify::estimated-bitrate",
                     G_CALLBACK(+[](GObject *, GParamSpec *, GccInWebrtcbin *test) {
                       test->notified_++;
                       Changes::get().change();
                     }),
                     self);
    return gcc;
  }
  void negotiate() {
    ASSERT_TRUE(eventually([&] { return needed_.load(); }));
    const auto offer = create(a_, "create-offer", "offer");
    set(a_, b_, offer.get());
    const auto answer = create(b_, "create-answer", "answer");
    set(b_, a_, answer.get());
  }
  using Description =
      std::unique_ptr<GstWebRTCSessionDescription, Freer<gst_webrtc_session_description_free>>;
  Description create(const Ref<GstElement> &webrtcbin, const char *signal, const char *field) {
    const auto promise = adopt(gst_promise_new());
    g_signal_emit_by_name(webrtcbin.get(), signal, nullptr, promise.get());
    EXPECT_EQ(gst_promise_wait(promise.get()), GST_PROMISE_RESULT_REPLIED);
    GstWebRTCSessionDescription *description = nullptr;
    gst_structure_get(gst_promise_get_reply(promise.get()), field,
                      GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, nullptr);
    return Description(description);
  }
  void set(const Ref<GstElement> &own, const Ref<GstElement> &other,
           GstWebRTCSessionDescription *description) {
    ASSERT_TRUE(description);
    const auto local = adopt(gst_promise_new()), remote = adopt(gst_promise_new());
    g_signal_emit_by_name(own.get(), "set-local-description", description, local.get());
    gst_promise_wait(local.get());
    g_signal_emit_by_name(other.get(), "set-remote-description", description, remote.get());
    gst_promise_wait(remote.get());
  }
  guint probes() const {
    GstStructure *stats = nullptr;
    if (gcc_) g_object_get(gcc_.get(), "stats", &stats, nullptr);
    const StructurePtr owned(stats);
    guint value = 0;
    if (stats) gst_structure_get_uint(stats, "probes", &value);
    return value;
  }
  guint estimate() const {
    guint value = 0;
    if (gcc_) g_object_get(gcc_.get(), "estimated-bitrate", &value, nullptr);
    return value;
  }

  Pipeline sender_, receiver_;
  Ref<GstElement> a_, b_, gcc_;
  std::atomic<unsigned> notified_{0};
  std::atomic<bool> needed_{false};
};

}  // namespace

TEST_F(GccInWebrtcbin, EstimatesAndProbes) {
  receiver_.play();
  sender_.play();
  negotiate();
  ASSERT_TRUE(eventually([&] { return notified_ > 0; }));
  EXPECT_TRUE(eventually([&] { return probes() > 0; }));
  // The video alone makes 200 kbit/s and would leave it at 1.5 times that.
  EXPECT_TRUE(eventually([&] { return estimate() > 600000; })) << estimate();
}
