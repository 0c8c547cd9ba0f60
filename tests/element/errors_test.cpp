// Everything a user can get wrong gives one error that names the cause and the remedy.

#include <filesystem>

#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Sink = rtc::test::Publisher;

namespace {

struct Case {
  const char *name;
  std::string description;
  std::vector<std::string> words;  // all of them are in the error
};

void PrintTo(const Case &c, std::ostream *out) { *out << c.name; }

class Errors : public ElementTest, public testing::WithParamInterface<Case> {};

const std::string video =
    " videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! rtcsink.video_0";

}  // namespace

TEST_P(Errors, NameCauseAndRemedy) {
  Pipeline pipeline(GetParam().description);
  pipeline.play();
  const auto error = pipeline.wait_error();
  for (const auto &word : GetParam().words)
    EXPECT_NE(error.find(word), std::string::npos) << "\"" << word << "\" in: " << error;
}

INSTANTIATE_TEST_SUITE_P(
    , Errors,
    testing::Values(
        Case{"unknown_scheme",
             "rtcsink name=rtcsink uri=gopher://x/" + video,
             {"gopher", "ws", "wss"}},
        Case{"no_address", "rtcsink name=rtcsink uri=nonsense" + video, {"nonsense"}},
        Case{"both_uri_and_listen",
             "rtcsink name=rtcsink uri=ws://127.0.0.1:1/ listen=127.0.0.1:0" + video,
             {"uri", "listen"}},
        Case{"bad_listen", "rtcsink name=rtcsink listen=127.0.0.1:99999" + video, {"99999"}},
        Case{"unknown_codec",
             "rtcsink name=rtcsink listen=127.0.0.1:0 video-codecs=MPEG2" + video,
             {"MPEG2", "VP8"}},
        Case{"codec_of_the_other_kind",
             "rtcsink name=rtcsink listen=127.0.0.1:0 audio-codecs=VP8" + video,
             {"VP8", "OPUS"}},
        Case{"bad_certificate",
             "rtcsink name=rtcsink listen=127.0.0.1:0 tls-certificate=/does/not/exist.pem "
             "tls-key=/does/not/exist.key" +
                 video,
             {"/does/not/exist.pem"}},
        Case{"unknown_scheme_of_rtcsrc",
             "rtcsrc uri=gopher://x/ ! fakesink",
             {"gopher", "ws", "wss"}},
        Case{"unknown_codec_of_rtcsrc",
             "rtcsrc uri=ws://127.0.0.1:1/ video-codecs=XYZ ! fakesink",
             {"XYZ"}}),
    [](const auto &info) { return info.param.name; });

class ServerErrors : public ElementTest {};

TEST_F(ServerErrors, PortInUse) {
  Sink first(Sink::test_video);
  const auto address = first.uri().substr(5, first.uri().size() - 6);
  Pipeline second("rtcsink name=rtcsink listen=" + address + video);
  second.play();
  const auto error = second.wait_error();
  EXPECT_NE(error.find("in use"), std::string::npos) << error;
  EXPECT_NE(error.find("listen"), std::string::npos) << error;
}

TEST_F(ServerErrors, NameTaken) {
  Sink first(Sink::test_video);
  Pipeline second("rtcsink name=rtcsink stream=film uri=" + first.uri() + video);
  second.play();
  const auto error = second.wait_error();
  EXPECT_NE(error.find("film"), std::string::npos) << error;
  EXPECT_NE(error.find("stream"), std::string::npos) << error;
}

TEST_F(ServerErrors, UnnamedStreamsGetNamesOfTheirOwn) {
  Sink first(Sink::test_video);
  Pipeline second("rtcsink name=rtcsink uri=" + first.uri() + video),
      third("rtcsink name=rtcsink uri=" + first.uri() + video);
  second.play();
  third.play();
  EXPECT_NE(second.field("rtc-ready", "stream"), third.field("rtc-ready", "stream"));
}

TEST_F(ServerErrors, TokenRefused) {
  Sink first(Sink::test_video, "token=right");
  for (auto token : {"", "token=wrong"}) {
    Pipeline second("rtcsink name=rtcsink stream=other uri=" + first.uri() + " " + token + video);
    second.play();
    const auto error = second.wait_error();
    EXPECT_NE(error.find("token"), std::string::npos) << error;
  }
  Pipeline third("rtcsink name=rtcsink stream=other token=right uri=" + first.uri() + video);
  third.play();
  EXPECT_TRUE(third.wait_message("rtc-ready"));
}

TEST_F(ServerErrors, UnreachableServerIsToldAndTriedAgain) {
  auto server = std::make_unique<Sink>(Sink::test_video);
  const auto uri = server->uri();
  server.reset();
  Pipeline pipeline("rtcsink name=rtcsink uri=" + uri + video);
  pipeline.play();
  const auto address = uri.substr(5, uri.size() - 6);
  EXPECT_NE(pipeline.field("rtc-signaling-lost", "reason").find(address), std::string::npos);
  Pipeline late("rtcsink name=rtcsink stream=late listen=" + address + video);
  late.play();
  EXPECT_TRUE(pipeline.wait_message("rtc-ready"));
  EXPECT_EQ(pipeline.error(), "");
}

TEST_F(ServerErrors, AServerWithTlsServesItsOwnElementAndOthers) {
  char folder[] = "/tmp/rtc-errors-XXXXXX";
  const std::string name = mkdtemp(folder), key = name + "/key.pem", cert = name + "/cert.pem";
  const auto made = "openssl req -x509 -newkey rsa:2048 -nodes -keyout " + key + " -out " + cert +
                    " -days 2 -subj /CN=localhost "
                    "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null";
  if (system(made.c_str()) != 0) {
    std::filesystem::remove_all(name);
    GTEST_SKIP() << "the openssl command is not installed";
  }
  Sink secure(Sink::test_video, "tls-certificate=" + cert + " tls-key=" + key);
  EXPECT_TRUE(secure.uri().starts_with("wss://")) << secure.uri();
  Pipeline trusting("rtcsink name=rtcsink stream=second tls-ca-file=" + cert +
                    " uri=" + secure.uri() + video);
  trusting.play();
  EXPECT_TRUE(trusting.wait_message("rtc-ready"));
  Pipeline doubting("rtcsink name=rtcsink stream=third uri=" + secure.uri() + video);
  doubting.play();
  EXPECT_NE(doubting.wait_error().find("tls-ca-file"), std::string::npos) << doubting.error();
  std::filesystem::remove_all(name);
}

namespace {

// Hides an element from this process, as if its plugin were not installed.
class Missing {
 public:
  explicit Missing(const char *name)
      : feature_(adopt(gst_registry_lookup_feature(gst_registry_get(), name))) {
    if (feature_) gst_registry_remove_feature(gst_registry_get(), feature_.get());
  }
  ~Missing() {
    if (feature_) gst_registry_add_feature(gst_registry_get(), share(feature_.get()).release());
  }
  Missing(const Missing &) = delete;

 private:
  Ref<GstPluginFeature> feature_;
};

}  // namespace

TEST_F(ServerErrors, MissingIcePluginIsNamed) {
  const Missing nice("nicesink");
  Sink publisher(Sink::test_video);
  Pipeline viewer("rtcsrc stream=film uri=" + publisher.uri() + " ! fakesink");
  viewer.play();
  const auto error = publisher.wait_error();
  EXPECT_NE(error.find("gstreamer1.0-nice"), std::string::npos) << error;
}

TEST_F(ServerErrors, MissingEncoderIsNamed) {
  const Missing encoder("vp8enc");
  Sink publisher(Sink::test_video, "video-codecs=VP8");
  Pipeline viewer("rtcsrc stream=film uri=" + publisher.uri() + " ! fakesink");
  viewer.play();
  EXPECT_TRUE(eventually([&] { return !publisher.warnings().empty(); }));
  const auto warnings = publisher.warnings();
  EXPECT_NE(warnings.at(0).find("vp8enc"), std::string::npos) << warnings.at(0);
  EXPECT_EQ(publisher.error(), "");
}

TEST_F(ServerErrors, TheTokenIsNotReadable) {
  const auto element = sink(gst_element_factory_make("rtcsink", nullptr));
  auto *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), "token");
  ASSERT_TRUE(spec);
  EXPECT_FALSE(spec->flags & G_PARAM_READABLE);
}
