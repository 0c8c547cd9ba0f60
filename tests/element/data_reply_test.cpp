// The way back: data pads of rtcsrc that send, and those of rtcsink that give what viewers send.

#include <thread>

#include "data/data_channel.hpp"
#include "support/data_pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {

constexpr auto to_sink = "rtcsink.data_src_0 ! fakesink name=heard sync=false async=false ";

std::string reply(const std::string &name, const std::string &caps = text_caps) {
  return app_source(name, "r.data_sink_0", caps);
}

class DataReply : public DataTest {
 protected:
  static std::vector<std::string> source_pads(const Pipeline &pipeline) {
    std::vector<std::string> names;
    const auto element = pipeline.element("rtcsink");
    GST_OBJECT_LOCK(element.get());
    for (auto *pads = element.get()->srcpads; pads; pads = pads->next)
      names.emplace_back(GST_PAD_NAME(pads->data));
    GST_OBJECT_UNLOCK(element.get());
    return names;
  }
  static std::string pad_text(const Pipeline &pipeline, const char *pad, const char *property) {
    return text_of(adopt(gst_element_get_static_pad(pipeline.element("rtcsink").get(), pad)),
                   property);
  }
  static std::string text_of(const Ref<GstPad> &pad, const char *property) {
    gchar *value = nullptr;
    g_object_get(pad.get(), property, &value, nullptr);
    const CharPtr owned(value);
    return value ? value : "";
  }
  // What the properties of a pad say.
  static DataChannelInit channel_of(const Pipeline &pipeline, const char *element,
                                    const char *pad) {
    const auto found = adopt(gst_element_get_static_pad(pipeline.element(element).get(), pad));
    DataChannelInit channel;
    gboolean ordered = FALSE, negotiated = FALSE;
    g_object_get(found.get(), "ordered", &ordered, "negotiated", &negotiated, "max-retransmits",
                 &channel.max_retransmits, "max-packet-lifetime", &channel.max_packet_lifetime,
                 "priority", &channel.priority, "id", &channel.id, nullptr);
    channel.label = text_of(found, "label");
    channel.protocol = text_of(found, "protocol");
    channel.ordered = ordered;
    channel.negotiated = negotiated;
    return channel;
  }
};

}  // namespace

TEST_F(DataReply, WhatIsSentBeforeTheConnectionArrives) {
  Sink publisher(to_sink, "accept-data=true");
  Heard heard(publisher, "heard");
  Source viewer(publisher.uri(), reply("text"), "stream=film data_sink_0::label=chat");
  viewer.play();
  push(viewer, "text", "first");
  push(viewer, "text", "second");
  ASSERT_TRUE(heard.wait(2));
  EXPECT_EQ(heard.messages(), (std::vector<std::string>{"text/x-raw:first", "text/x-raw:second"}));
  EXPECT_EQ(pad_text(publisher, "data_src_0", "label"), "chat");
  EXPECT_EQ(pad_text(publisher, "data_src_0", "peer-id"),
            publisher.field("rtc-viewer-added", "peer"));
  viewer.stop();
  EXPECT_TRUE(eventually([&] { return source_pads(publisher).empty(); }));
  EXPECT_EQ(publisher.error(), "");
  EXPECT_EQ(viewer.error(), "");
}

TEST_F(DataReply, AConversationHasOneChannel) {
  Sink publisher(app_source("text", "rtcsink.data_0") + to_sink, "data_0::label=chat");
  Heard question(publisher, "heard");
  Source viewer(publisher.uri(), std::string(listen) + " " + reply("text"),
                "stream=film data_sink_0::label=chat");
  Heard answer(viewer, "heard");
  viewer.play();
  push(viewer, "text", "how are you?");
  ASSERT_TRUE(question.wait(1));
  push(publisher, "text", "fine");
  ASSERT_TRUE(answer.wait_for("text/x-raw:fine"));
  // Its id is that of the publisher's channel.
  const auto pad = adopt(gst_element_get_static_pad(viewer.element("r").get(), "data_0"));
  const auto back =
      adopt(gst_element_get_static_pad(publisher.element("rtcsink").get(), "data_src_0"));
  gint id = -1, back_id = -2;
  g_object_get(pad.get(), "id", &id, nullptr);
  g_object_get(back.get(), "id", &back_id, nullptr);
  EXPECT_EQ(id, back_id);
  // The end of one direction is not that of the other.
  end(viewer, "text");
  push(publisher, "text", "bye");
  EXPECT_TRUE(answer.wait_for("text/x-raw:bye"));
  EXPECT_EQ(source_pads(publisher).size(), 1u);
}

TEST_F(DataReply, APadTellsWhatItsChannelIs) {
  Sink publisher(app_source("text", "rtcsink.data_0") + to_sink,
                 "data_0::label=down data_0::protocol=d data_0::max-packet-lifetime=200 "
                 "data_0::priority=very-low");
  Heard at_publisher(publisher, "heard");
  Source viewer(publisher.uri(), std::string(listen) + " " + reply("text"),
                "stream=film data_sink_0::label=up data_sink_0::protocol=p "
                "data_sink_0::ordered=false data_sink_0::max-retransmits=3 "
                "data_sink_0::priority=high");
  Heard at_viewer(viewer, "heard");
  viewer.play();
  push(viewer, "text", "hello");
  ASSERT_TRUE(at_publisher.wait(1));
  ASSERT_TRUE(wait_for_first(publisher, "text", at_viewer));
  const auto up = channel_of(publisher, "rtcsink", "data_src_0");
  const auto down = channel_of(viewer, "r", "data_0");
  EXPECT_EQ(up.label, "up");
  EXPECT_EQ(up.protocol, "p");
  EXPECT_FALSE(up.ordered);
  EXPECT_EQ(up.max_retransmits, 3);
  EXPECT_EQ(up.max_packet_lifetime, -1);
  EXPECT_EQ(up.priority, GST_WEBRTC_PRIORITY_TYPE_HIGH);
  EXPECT_EQ(down.label, "down");
  EXPECT_EQ(down.protocol, "d");
  EXPECT_TRUE(down.ordered);
  EXPECT_EQ(down.max_retransmits, -1);
  EXPECT_EQ(down.max_packet_lifetime, 200);
  EXPECT_EQ(down.priority, GST_WEBRTC_PRIORITY_TYPE_VERY_LOW);
  EXPECT_FALSE(up.negotiated || down.negotiated);
  // Each side has the even or the odd ones (RFC 8832 section 6).
  EXPECT_GE(up.id, 0);
  EXPECT_GE(down.id, 0);
  EXPECT_NE(up.id % 2, down.id % 2);
}

TEST_F(DataReply, AChannelThatBothSidesMakeHasTheirId) {
  Sink publisher(app_source("text", "rtcsink.data_0") + to_sink,
                 "data_0::label=chat data_0::negotiated=true data_0::id=6");
  Heard question(publisher, "heard");
  Source viewer(publisher.uri(), std::string(listen) + " " + reply("text"),
                "stream=film data_sink_0::label=chat data_sink_0::negotiated=true "
                "data_sink_0::id=6");
  Heard answer(viewer, "heard");
  viewer.play();
  push(viewer, "text", "how are you?");
  ASSERT_TRUE(question.wait(1));
  ASSERT_TRUE(wait_for_first(publisher, "text", answer));
  for (const auto &channel :
       {channel_of(publisher, "rtcsink", "data_src_0"), channel_of(viewer, "r", "data_0")}) {
    EXPECT_EQ(channel.label, "chat");
    EXPECT_TRUE(channel.negotiated);
    EXPECT_EQ(channel.id, 6);
  }
  EXPECT_EQ(publisher.warnings(), std::vector<std::string>());
  EXPECT_EQ(viewer.warnings(), std::vector<std::string>());
}

TEST_F(DataReply, ManyViewersHaveAPadEach) {
  Sink publisher(to_sink, "accept-data=true");
  Source first(publisher.uri(), reply("text")), second(publisher.uri(), reply("text"));
  for (auto *viewer : {&first, &second}) {
    viewer->play();
    push(*viewer, "text", "hello");
  }
  ASSERT_TRUE(eventually([&] { return source_pads(publisher).size() == 2; }));
  EXPECT_NE(pad_text(publisher, "data_src_0", "peer-id"),
            pad_text(publisher, "data_src_1", "peer-id"));
  first.stop();
  EXPECT_TRUE(eventually([&] { return source_pads(publisher).size() == 1; }));
  second.stop();
  EXPECT_TRUE(eventually([&] { return source_pads(publisher).empty(); }));
}

TEST_F(DataReply, AStreamArrivesWhole) {
  const auto content = make_file(3'000'000);
  Sink publisher("rtcsink.data_src_0 ! filesink async=false location=" + file("got"),
                 "accept-data=true");
  Source viewer(publisher.uri(), sender("r.data_sink_0"),
                "stream=film data_sink_0::data-framing=stream");
  viewer.play();
  // Its channel closes when all of it was acknowledged, whereupon the pad ends and goes.
  EXPECT_TRUE(eventually([&] {
    return std::filesystem::exists(file("got")) &&
           std::filesystem::file_size(file("got")) == content.size() &&
           source_pads(publisher).empty();
  }));
  publisher.stop();
  EXPECT_TRUE(read_file(file("got")) == content);
  EXPECT_EQ(publisher.warnings().size(), 0u);
}

TEST_F(DataReply, AStreamCutShortIsAWarningOfThePublisher) {
  Sink publisher(to_sink, "accept-data=true");
  Heard heard(publisher, "heard");
  Source viewer(publisher.uri(), reply("bytes", binary_caps),
                "stream=film data_sink_0::data-framing=stream");
  viewer.play();
  push(viewer, "bytes", "half of it");
  ASSERT_TRUE(heard.wait(1));
  viewer.stop();
  EXPECT_TRUE(eventually([&] { return source_pads(publisher).empty(); }));
  ASSERT_EQ(publisher.warnings().size(), 1u);
  EXPECT_NE(publisher.warnings()[0].find("is cut short"), std::string::npos);
  EXPECT_EQ(publisher.error(), "");
  EXPECT_FALSE(publisher.eos());
}

TEST_F(DataReply, BlockedDownstreamHoldsUpNobody) {
  Sink publisher(std::string(to_sink) + Sink::test_video, "accept-data=true");
  Heard heard(publisher, "heard");
  std::atomic<bool> blocked{false};
  PadProbe block(publisher.pad("heard").get(),
                 GstPadProbeType(GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER),
                 [&](GstPadProbeInfo *) { blocked = true; });
  Source viewer(publisher.uri(), reply("text"));
  viewer.play();
  push(viewer, "text", "hello");
  ASSERT_TRUE(eventually([&] { return bool(blocked); }));
  viewer.stop();
  ASSERT_TRUE(publisher.wait_message("rtc-viewer-removed"));
  Source other(publisher.uri(), Source::video_only);
  Counter frames(other, "video");
  other.play();
  EXPECT_TRUE(frames.advances());
  EXPECT_EQ(source_pads(publisher).size(), 1u);
  block.remove();
  EXPECT_TRUE(heard.wait(1));
  EXPECT_TRUE(eventually([&] { return source_pads(publisher).empty(); }));
}

TEST_F(DataReply, OnlyLabelsThatAreWantedBecomePads) {
  Sink publisher(to_sink, "accept-data=true data-labels=right,other");
  Heard heard(publisher, "heard");
  Source viewer(publisher.uri(), reply("left") + app_source("right", "r.data_sink_1"),
                "stream=film data_sink_0::label=left data_sink_1::label=right");
  viewer.play();
  push(viewer, "left", "left");
  push(viewer, "right", "right");
  ASSERT_TRUE(heard.wait(1));
  EXPECT_EQ(heard.messages(), (std::vector<std::string>{"text/x-raw:right"}));
  EXPECT_EQ(source_pads(publisher).size(), 1u);
}

TEST_F(DataReply, APublisherThatTakesNoDataIsNamed) {
  Sink publisher(Sink::test_video);
  Source viewer(publisher.uri(), std::string(Source::video_only) + " " + reply("text"));
  Counter frames(viewer, "video");
  viewer.play();
  push(viewer, "text", "hello");
  EXPECT_TRUE(frames.advances());
  ASSERT_TRUE(eventually([&] { return viewer.warnings().size() == 1; }));
  EXPECT_NE(viewer.warnings()[0].find("accept-data=true"), std::string::npos);
}

TEST_F(DataReply, AStreamNeedsALabelOfItsOwn) {
  Sink publisher(app_source("text", "rtcsink.data_0"), "data_0::label=chat");
  Source viewer(publisher.uri(), std::string(listen) + " " + reply("bytes", binary_caps),
                "stream=film data_sink_0::label=chat data_sink_0::data-framing=stream");
  viewer.play();
  EXPECT_NE(viewer.wait_error().find("has a data channel \"chat\" already"), std::string::npos)
      << viewer.error();
}

TEST_F(DataReply, APadForOnePeerReachesNoOther) {
  Sink publisher(app_source("all", "rtcsink.data_0"));
  Source first(publisher.uri(), listen), second(publisher.uri(), listen);
  Heard first_heard(first, "heard"), second_heard(second, "heard");
  first.play();
  ASSERT_TRUE(wait_for_first(publisher, "all", first_heard));
  second.play();
  ASSERT_TRUE(wait_for_first(publisher, "all", second_heard));
  // Its properties count from the first buffer on.
  auto *sink = publisher.element("rtcsink").get();
  const auto pad = adopt(gst_element_request_pad_simple(sink, "data_%u"));
  g_object_set(pad.get(), "label", "private", "peer",
               publisher.field("rtc-viewer-added", "peer", 1).c_str(), nullptr);
  const auto source = share(gst_element_factory_make("appsrc", "private"));
  g_object_set(source.get(), "format", GST_FORMAT_TIME, nullptr);
  gst_bin_add(GST_BIN(publisher.get()), source.get());
  const auto out = adopt(gst_element_get_static_pad(source.get(), "src"));
  ASSERT_EQ(gst_pad_link(out.get(), pad.get()), GST_PAD_LINK_OK);
  gst_element_sync_state_with_parent(source.get());
  const auto has_pad = [](const Pipeline &pipeline) {
    return bool(adopt(gst_element_get_static_pad(pipeline.element("r").get(), "data_1")));
  };
  EXPECT_TRUE(eventually([&] {
    push(publisher, "private", "hello");
    return has_pad(second);
  }));
  EXPECT_FALSE(has_pad(first));
}

// The way of a channel that a viewer makes, says a word over and closes.
static void say_a_word(GstElement *rtcsrc, const std::string &label) {
  const auto pad = adopt(gst_element_request_pad_simple(rtcsrc, "data_sink_%u"));
  g_object_set(pad.get(), "label", label.c_str(), nullptr);
  const auto source = adopt(gst_pad_new("source", GST_PAD_SRC));
  gst_pad_set_active(source.get(), TRUE);
  ASSERT_EQ(gst_pad_link(source.get(), pad.get()), GST_PAD_LINK_OK);
  gst_pad_push_event(source.get(), gst_event_new_stream_start(label.c_str()));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(source.get(), gst_event_new_segment(&segment));
  gst_pad_push(source.get(), gst_buffer_new_memdup("word", 4));
  // Comes back when the channel is closed.
  gst_pad_push_event(source.get(), gst_event_new_eos());
  gst_element_release_request_pad(rtcsrc, pad.get());
}

// Ten at a time: SCTP closes a channel after the last acknowledgement, which takes its 200 ms.
TEST_F(DataReply, AThousandChannelsLeaveNothingBehind) {
  Sink publisher(app_source("held", "rtcsink.data_0"), "accept-data=true");
  Source viewer(publisher.uri(), listen);
  Heard heard(viewer, "heard");
  viewer.play();
  ASSERT_TRUE(wait_for_first(publisher, "held", heard));
  const auto rtcsrc = viewer.element("r");
  const auto say = [&](int words) {
    std::vector<std::thread> speakers;
    for (int i = 0; i < 10; i++)
      speakers.emplace_back([&, i] {
        for (int word = i; word < words; word += 10)
          say_a_word(rtcsrc.get(), "channel " + std::to_string(word));
      });
    for (auto &speaker : speakers) speaker.join();
    return eventually([&] { return source_pads(publisher).empty(); });
  };
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  ASSERT_TRUE(say(20));
  const auto before = threads();
  EXPECT_TRUE(say(1000));
  EXPECT_TRUE(eventually([&] { return threads() <= before + 2; })) << before << ", " << threads();
  EXPECT_EQ(publisher.warnings(), std::vector<std::string>());
  EXPECT_EQ(viewer.warnings(), std::vector<std::string>());
}
