// Streams over data pads go on, bit by bit, when their session is replaced midway: in both
// directions, whoever finds the path broken.

#include "support/broken_path.hpp"
#include "support/data_pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {

constexpr size_t size = 8'000'000;

// By whose end the path is found broken.
class DataHealing : public DataTest, public testing::WithParamInterface<bool> {
 protected:
  std::shared_ptr<Connections> connections(const Sink &publisher, const Source &viewer) {
    return GetParam() ? Connections::of(publisher, "rtcsink", "viewer-added")
                      : Connections::of(viewer, "r", "session-started");
  }
  bool arrived(size_t bytes) {
    return eventually([&] {
      std::error_code none;
      const auto there = std::filesystem::file_size(file("got"), none);
      return !none && there >= bytes;
    });
  }
};

}  // namespace

TEST_P(DataHealing, AStreamToAViewerGoesOn) {
  const auto content = random_bytes(size);
  Sink publisher(app_source("bytes", "rtcsink.data_0", binary_caps), stream);
  Source viewer(publisher.uri(),
                "r.data_0 ! filesink buffer-mode=unbuffered location=" + file("got"));
  const auto held = connections(publisher, viewer);
  viewer.play();
  push(publisher, "bytes", content.substr(0, size / 2));
  ASSERT_TRUE(arrived(size / 4));
  held->break_first();
  push(publisher, "bytes", content.substr(size / 2));
  end(publisher, "bytes");
  EXPECT_TRUE(publisher.wait_eos());
  EXPECT_TRUE(viewer.wait_eos());
  viewer.stop();
  EXPECT_TRUE(read_file(file("got")) == content);
  EXPECT_EQ(publisher.warnings(), std::vector<std::string>());
  EXPECT_EQ(viewer.error(), "");
}

TEST_P(DataHealing, AStreamToThePublisherGoesOn) {
  const auto content = random_bytes(size);
  Sink publisher(
      "rtcsink.data_src_0 ! filesink buffer-mode=unbuffered async=false location=" + file("got"),
      "accept-data=true");
  Source viewer(publisher.uri(), app_source("bytes", "r.data_sink_0", binary_caps),
                "stream=film data_sink_0::data-framing=stream");
  const auto held = connections(publisher, viewer);
  viewer.play();
  push(viewer, "bytes", content.substr(0, size / 2));
  ASSERT_TRUE(arrived(size / 4));
  held->break_first();
  push(viewer, "bytes", content.substr(size / 2));
  end(viewer, "bytes");
  ASSERT_TRUE(arrived(size));
  const auto has_pad = [&] {
    return bool(
        adopt(gst_element_get_static_pad(publisher.element("rtcsink").get(), "data_src_0")));
  };
  EXPECT_TRUE(eventually([&] { return !has_pad(); }));
  publisher.stop();
  EXPECT_TRUE(read_file(file("got")) == content);
  EXPECT_EQ(publisher.warnings(), std::vector<std::string>());
  EXPECT_EQ(viewer.error(), "");
}

TEST_P(DataHealing, MessagesGoOnInBothDirections) {
  Sink publisher(app_source("text", "rtcsink.data_0") +
                     "rtcsink.data_src_0 ! fakesink name=heard sync=false async=false",
                 "data_0::label=chat");
  Source viewer(publisher.uri(), std::string(listen) + " " + app_source("text", "r.data_sink_0"),
                "stream=film data_sink_0::label=chat");
  Heard question(publisher, "heard"), answer(viewer, "heard");
  const auto held = connections(publisher, viewer);
  viewer.play();
  ASSERT_TRUE(wait_for_first(viewer, "text", question));
  ASSERT_TRUE(wait_for_first(publisher, "text", answer));
  held->break_first();
  EXPECT_TRUE(eventually([&] {
    push(viewer, "text", "still there?");
    push(publisher, "text", "yes");
    return question.has("text/x-raw:still there?") && answer.has("text/x-raw:yes") &&
           publisher.messages("rtc-healed") + viewer.messages("rtc-healed") > 0;
  }));
  EXPECT_EQ(publisher.error(), "");
  EXPECT_EQ(viewer.error(), "");
}

INSTANTIATE_TEST_SUITE_P(FoundBroken, DataHealing, testing::Values(true, false),
                         [](const auto &run) {
                           return run.param ? "ByThePublisher" : "ByTheViewer";
                         });
