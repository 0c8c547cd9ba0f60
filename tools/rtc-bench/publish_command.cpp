// rtc-bench publish: a publisher process, either rtcsink or the bare webrtcbin it is compared with.
// Says {"uri": ...} once viewers can come.
#include <gst/app/app.h>
#include <gst/gst.h>

#include <optional>
#include <thread>

#include "bare_publisher.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "child_link.hpp"
#include "clip.hpp"
#include "commands.hpp"
#include "media/codec.hpp"

namespace rtc::bench {

namespace {

constexpr auto source = "appsrc name=source is-live=true format=time ! ";
// What leaves with rtcsink's header extensions is as large.
constexpr auto mtu = 1200;

class Publisher {
 public:
  virtual ~Publisher() = default;
  virtual GstElement *pipeline() const = 0;
  virtual std::string uri() const = 0;  // empty: not yet
};

class OurPublisher : public Publisher {
 public:
  static Result<std::unique_ptr<Publisher>> create() {
    GError *error = nullptr;
    auto pipeline = sink(gst_parse_launch(
        (source + std::string("sink.video_0 rtcsink name=sink listen=127.0.0.1:0 stream=bench"))
            .c_str(),
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
  static Result<std::unique_ptr<Publisher>> create(const Codec &codec, bool feedback) {
    BarePublisher::Settings settings;
    settings.source = source;
    if (*codec.parser) settings.source += std::string(codec.parser) + " ! ";
    settings.source += format("%s pt=%d mtu=%d", codec.payloader, codec.payload_type, mtu);
    const auto caps = rtp_caps(codec, codec.payload_type, 0);
    settings.rtp_caps = CharPtr(gst_caps_to_string(caps.get())).get();
    settings.feedback = feedback;
    auto baseline = std::unique_ptr<Baseline>(new Baseline);
    auto made = BarePublisher::create(baseline->loop_, settings);
    if (!made) return made.error();
    baseline->publisher_ = std::move(*made);
    return std::unique_ptr<Publisher>(std::move(baseline));
  }

  GstElement *pipeline() const override { return publisher_->pipeline(); }
  std::string uri() const override { return publisher_->signaling_url(); }

 private:
  Baseline() = default;
  EventLoop loop_{"baseline"};
  std::unique_ptr<BarePublisher> publisher_;
};

Result<std::unique_ptr<Publisher>> make(const std::string &kind, const Clip &clip) {
  const auto *codec = codec_of_caps(clip.caps.get());
  if (!codec)
    return Error{Error::Kind::settings,
                 "The recording's codec cannot be sent over WebRTC; give VP8, VP9, H.264 or AV1.",
                 ""};
  if (kind == "rtcsink") return OurPublisher::create();
  return Baseline::create(*codec, kind == "baseline-feedback");
}

}  // namespace

int publish_command(int argc, char **argv) {
  if (argc != 2) return complain({Error::Kind::settings, "publish KIND FILE", ""});
  become_child();
  gst_init(nullptr, nullptr);
  init_log();
  auto clip = read_clip(argv[1]);
  if (!clip) return complain(clip.error());
  auto publisher = make(argv[0], *clip);
  if (!publisher) return complain(publisher.error());

  auto *pipeline = (*publisher)->pipeline();
  const auto input = adopt(gst_bin_get_by_name(GST_BIN(pipeline), "source"));
  g_object_set(input.get(), "caps", clip->caps.get(), nullptr);
  if (gst_element_set_state(pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    return complain({Error::Kind::failed, "The publisher does not start; see GST_DEBUG=2.", ""});
  std::optional<ClipPlayer> player(std::in_place, std::move(*clip), GST_APP_SRC(input.get()));

  const auto deadline = Clock::now() + seconds(20);
  while ((*publisher)->uri().empty() && Clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(20));
  const auto json = adopt(json_builder_new());
  json_builder_begin_object(json.get());
  json_builder_set_member_name(json.get(), "uri");
  json_builder_add_string_value(json.get(), (*publisher)->uri().c_str());
  json_builder_end_object(json.get());
  say(json.get());
  while (!next_word().empty()) {
  }
  player.reset();
  return 0;
}

}  // namespace rtc::bench
