// Streams over data pads: from the publisher to its viewers, whole or not at all.

#include "support/data_pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {
class DataStream : public DataTest {};
}  // namespace

TEST_F(DataStream, AStreamArrivesWholeAndInASecondRun) {
  const auto content = make_file(3'000'000);
  Sink publisher(sender(), stream);
  for (const auto *name : {"first", "second"}) {
    Source viewer("ws" + publisher.field("rtc-ready", "url").substr(4), saver(name));
    viewer.play();
    EXPECT_TRUE(publisher.wait_eos());
    EXPECT_TRUE(viewer.wait_eos());
    viewer.stop();
    EXPECT_TRUE(read_file(file(name)) == content);
    EXPECT_EQ(publisher.warnings().size(), 0u);
    publisher.stop();
    publisher.forget();
    publisher.play();
  }
}

TEST_F(DataStream, AnEmptyStreamIsAStream) {
  make_file(0);
  Sink publisher(sender(), stream);
  Source viewer(publisher.uri(), saver());
  viewer.play();
  EXPECT_TRUE(publisher.wait_eos());
  EXPECT_TRUE(viewer.wait_eos());
  EXPECT_EQ(read_file(file("got")), "");
  EXPECT_EQ(viewer.error(), "");
}

TEST_F(DataStream, AStreamCutShortIsAnErrorAndNoEos) {
  Sink server(Sink::test_video);
  Pipeline publisher("rtcsink name=rtcsink stream=cut uri=" + server.uri() + " " + stream + " " +
                     app_source("bytes", "rtcsink.data_0", binary_caps));
  publisher.play();
  Source viewer(server.uri(), listen, "stream=cut");
  Heard heard(viewer, "heard");
  viewer.play();
  push(publisher, "bytes", "half of it");
  ASSERT_TRUE(heard.wait(1));
  publisher.stop();
  EXPECT_NE(viewer.wait_error().find("\"data_0\" is cut short"), std::string::npos)
      << viewer.error();
  EXPECT_FALSE(viewer.eos());
}

TEST_F(DataStream, WhoComesInTheMidstOfAStreamIsTold) {
  Sink publisher(app_source("bytes", "rtcsink.data_0", binary_caps), stream);
  Source first(publisher.uri(), listen), late(publisher.uri(), listen);
  Heard heard(first, "heard");
  first.play();
  push(publisher, "bytes", "the beginning");
  ASSERT_TRUE(heard.wait(1));
  late.play();
  EXPECT_NE(late.wait_error().find("it had begun before this peer came"), std::string::npos)
      << late.error();
  push(publisher, "bytes", "the end");
  end(publisher, "bytes");
  EXPECT_TRUE(first.wait_eos());
}

TEST_F(DataStream, AViewerThatTakesNothingIsLeftBehind) {
  for (const size_t size : {12'000'000, 100'000}) {
    const auto content = make_file(size);
    // Who hears what comes over the second channel has the first one open.
    Sink publisher(
        app_source("bytes", "rtcsink.data_0", binary_caps) + app_source("ready", "rtcsink.data_1"),
        stream + std::string(" data_0::patience=") + patience);
    const std::string ready = " r.data_1 ! fakesink name=ready sync=false async=false";
    Source good(publisher.uri(), saver() + ready), stuck(publisher.uri(), listen + ready);
    Heard good_ready(good, "ready"), stuck_ready(stuck, "ready");
    const auto pad = adopt(gst_element_get_static_pad(stuck.element("heard").get(), "sink"));
    const auto block = gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
        [](GstPad *, GstPadProbeInfo *, gpointer) { return GST_PAD_PROBE_OK; }, nullptr, nullptr);
    good.play();
    stuck.play();
    ASSERT_TRUE(eventually([&] {
      push(publisher, "ready", "ready");
      return !good_ready.messages().empty() && !stuck_ready.messages().empty();
    }));
    end(publisher, "ready");
    push(publisher, "bytes", content);
    end(publisher, "bytes");
    EXPECT_TRUE(publisher.wait_eos());
    EXPECT_TRUE(good.wait_eos());
    good.stop();
    EXPECT_TRUE(read_file(file("got")) == content);
    gst_pad_remove_probe(pad.get(), block);
    // The smaller one has arrived there, only nobody took it.
    if (size > 1'000'000) {
      EXPECT_FALSE(stuck.wait_error().empty());
    }
  }
}

TEST_F(DataStream, AViewerOfVideoAloneOnlyHearsAWarning) {
  Sink publisher(Sink::test_video + app_source("bytes", "rtcsink.data_0", binary_caps), stream);
  Source reader(publisher.uri(), listen), late(publisher.uri(), Source::video_only);
  Heard heard(reader, "heard");
  Counter frames(late, "video");
  reader.play();
  push(publisher, "bytes", "the beginning");
  ASSERT_TRUE(heard.wait(1));
  late.play();
  EXPECT_TRUE(eventually([&] { return !late.warnings().empty(); }));
  EXPECT_TRUE(frames.advances());
  EXPECT_EQ(late.error(), "");
}
