#include "publisher.hpp"

#include "bare_publisher.hpp"
#include "base/text.hpp"
#include "media/encoder.hpp"
#include "relay_publisher.hpp"

namespace rtc::bench {

namespace {

// What leaves with rtcsink's header extensions is as large.
constexpr auto mtu = 1200;
constexpr auto relay_payload_type = 96;
// What rtcsink chooses for 640x360 with 30 frames per second.
constexpr EncoderOptions encoder_options{501120, 300};

class OurPublisher : public Publisher {
 public:
  static Result<std::unique_ptr<Publisher>> create(const std::string &source) {
    GError *error = nullptr;
    auto pipeline = sink(gst_parse_launch(
        (source + " ! sink.video_0 rtcsink name=sink listen=127.0.0.1:0 stream=bench").c_str(),
        &error));
    if (const ErrorPtr owned(error); owned)
      return Error{Error::Kind::missing_element,
                   std::string("rtcsink cannot be used: ") + owned->message +
                       "; set GST_PLUGIN_PATH to the folder it was built in.",
                   ""};
    return std::unique_ptr<Publisher>(new OurPublisher(std::move(pipeline)));
  }
  ~OurPublisher() override { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

  GstElement *pipeline() const override { return pipeline_.get(); }
  std::string uri() const override {
    const auto element = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
    gchar *url = nullptr;
    g_object_get(element.get(), "url", &url, nullptr);
    const CharPtr owned(url);
    return url && g_str_has_prefix(url, "http") ? std::string("ws") + (url + 4) : "";
  }

 private:
  explicit OurPublisher(Ref<GstElement> pipeline) : pipeline_(std::move(pipeline)) {}
  Ref<GstElement> pipeline_;
};

class Baseline : public Publisher {
 public:
  static Result<std::unique_ptr<Publisher>> create(std::string source, const Codec &codec, bool raw,
                                                   bool feedback) {
    const auto *encoder = raw ? find_encoder(codec) : nullptr;
    if (encoder) source += format(" ! %s ! %s name=encoder", encoder->input, encoder->factory);
    if (*codec.parser) source += std::string(" ! ") + codec.parser;
    BarePublisher::Settings settings;
    settings.source =
        source + format(" ! %s pt=%d mtu=%d", codec.payloader, codec.payload_type, mtu);
    const auto caps = rtp_caps(codec, codec.payload_type, 0);
    settings.rtp_caps = CharPtr(gst_caps_to_string(caps.get())).get();
    settings.feedback = feedback;
    auto baseline = std::unique_ptr<Baseline>(new Baseline);
    auto made = BarePublisher::create(baseline->loop_, settings);
    if (!made) return made.error();
    baseline->publisher_ = std::move(*made);
    if (encoder) {
      const auto element = adopt(gst_bin_get_by_name(GST_BIN(baseline->pipeline()), "encoder"));
      configure_encoder(element.get(), *encoder, encoder_options);
    }
    return std::unique_ptr<Publisher>(std::move(baseline));
  }

  GstElement *pipeline() const override { return publisher_->pipeline(); }
  std::string uri() const override { return publisher_->signaling_url(); }

 private:
  Baseline() = default;
  EventLoop loop_{"baseline"};
  std::unique_ptr<BarePublisher> publisher_;
};

}  // namespace

Result<std::unique_ptr<Publisher>> make_publisher(const std::string &kind,
                                                  const std::string &source, const Codec &codec,
                                                  bool raw) {
  if (kind == "rtcsink") return OurPublisher::create(source);
  if (!relay_program(kind).empty()) {
    if (raw || std::string(codec.name) != "VP8")
      return Error{Error::Kind::settings, "Relays are given encoded VP8 only.", codec.name};
    return RelayPublisher::create(
        kind, source + format(" ! %s pt=%d mtu=%d", codec.payloader, relay_payload_type, mtu));
  }
  return Baseline::create(source, codec, raw, kind == "baseline-feedback");
}

}  // namespace rtc::bench
