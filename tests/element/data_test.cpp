// Data pads of rtcsink and rtcsrc: messages, streams, and what is said when they go wrong.

#include <gst/app/app.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {

constexpr auto text_caps = "text/x-raw,format=utf8";

std::string app_source(const std::string &name, const std::string &pad, const std::string &caps) {
  return "appsrc name=" + name + " format=time max-bytes=0 caps=\"" + caps + "\" ! rtcsink." + pad +
         " ";
}

void push(const Pipeline &pipeline, const char *name, const std::string &message) {
  gst_app_src_push_buffer(GST_APP_SRC(pipeline.element(name).get()),
                          gst_buffer_new_memdup(message.data(), message.size()));
}

void end(const Pipeline &pipeline, const char *name) {
  gst_app_src_end_of_stream(GST_APP_SRC(pipeline.element(name).get()));
}

// What comes out of a data pad, each message with the name of its caps.
class Heard {
 public:
  Heard(const Pipeline &pipeline, const char *name)
      : pad_(adopt(gst_element_get_static_pad(pipeline.element(name).get(), "sink"))) {
    id_ = gst_pad_add_probe(pad_.get(), GST_PAD_PROBE_TYPE_BUFFER, hear, this, nullptr);
  }
  ~Heard() { gst_pad_remove_probe(pad_.get(), id_); }

  std::vector<std::string> messages() {
    std::lock_guard lock(mutex_);
    return messages_;
  }
  bool wait(size_t count) {
    return eventually([&] { return messages().size() >= count; });
  }

 private:
  static GstPadProbeReturn hear(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
    auto *self = static_cast<Heard *>(data);
    GstMapInfo map;
    gst_buffer_map(GST_PAD_PROBE_INFO_BUFFER(info), &map, GST_MAP_READ);
    const auto caps = adopt(gst_pad_get_current_caps(pad));
    {
      std::lock_guard lock(self->mutex_);
      self->messages_.push_back(
          std::string(gst_structure_get_name(gst_caps_get_structure(caps.get(), 0))) + ":" +
          std::string(reinterpret_cast<const char *>(map.data), map.size));
    }
    gst_buffer_unmap(GST_PAD_PROBE_INFO_BUFFER(info), &map);
    Changes::get().change();
    return GST_PAD_PROBE_OK;
  }

  Ref<GstPad> pad_;
  gulong id_;
  std::mutex mutex_;  // guards messages_
  std::vector<std::string> messages_;
};

std::string read_file(const std::string &name) {
  std::ifstream file(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Data : public ElementTest {
 protected:
  void SetUp() override {
    char name[] = "/tmp/rtc-data-XXXXXX";
    folder_ = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string &name) const { return folder_ + "/" + name; }
  std::string make_file(size_t size) {
    std::mt19937 random(static_cast<unsigned>(size));
    std::string content(size, 0);
    for (auto &byte : content) byte = static_cast<char>(random());
    std::ofstream(file("sent"), std::ios::binary) << content;
    return content;
  }
  std::string sender() const {
    return "filesrc blocksize=50000 location=" + file("sent") + " ! rtcsink.data_0";
  }
  std::string saver(const std::string &name = "got") const {
    return "r.data_0 ! filesink location=" + file(name);
  }
  bool connected(Pipeline &publisher, size_t viewers = 1) {
    return publisher.wait_message("rtc-viewer-connected", viewers);
  }

  std::string folder_;
};

constexpr auto stream = "data_0::data-framing=stream";
constexpr auto listen = "r.data_0 ! fakesink name=heard sync=false async=false";

}  // namespace

TEST_F(Data, MessagesComeInOrderAndKeepTheirKind) {
  Sink publisher(app_source("text", "data_0", text_caps) +
                     app_source("bytes", "data_1", "application/octet-stream"),
                 "data_0::label=chat data_1::label=numbers");
  Source viewer(publisher.uri(),
                std::string(listen) + " r.data_1 ! fakesink name=bytes sync=false async=false");
  Heard text(viewer, "heard"), bytes(viewer, "bytes");
  viewer.play();
  ASSERT_TRUE(connected(publisher));
  // The channel may open a little later: only then is somebody there.
  ASSERT_TRUE(eventually([&] {
    push(publisher, "text", "hello");
    push(publisher, "bytes", "hello");
    return !text.messages().empty() && !bytes.messages().empty();
  }));
  for (int i = 0; i < 500; i++) push(publisher, "text", "message " + std::to_string(i));
  push(publisher, "bytes", std::string("\0\1\2\xff", 4));
  push(publisher, "bytes", std::string(60000, 'x'));
  ASSERT_TRUE(eventually([&] {
    const auto all = text.messages();
    return all.back() == "text/x-raw:message 499" && bytes.messages().back().size() > 60000;
  }));
  auto all = text.messages();
  std::erase(all, "text/x-raw:hello");
  ASSERT_EQ(all.size(), 500u);
  for (int i = 0; i < 500; i++)
    EXPECT_EQ(all[static_cast<size_t>(i)], "text/x-raw:message " + std::to_string(i));
  auto binary = bytes.messages();
  std::erase(binary, "application/octet-stream:hello");
  ASSERT_EQ(binary.size(), 2u);
  EXPECT_EQ(binary[0], std::string("application/octet-stream:\0\1\2\xff", 29));
  EXPECT_EQ(binary[1], "application/octet-stream:" + std::string(60000, 'x'));
  end(publisher, "text");
  end(publisher, "bytes");
  EXPECT_TRUE(publisher.wait_eos());
  EXPECT_TRUE(viewer.wait_eos());
  EXPECT_EQ(viewer.error(), "");
}

TEST_F(Data, TheLastMessageBeforeTheEndArrives) {
  Sink publisher(app_source("text", "data_0", text_caps));
  Source viewer(publisher.uri(), listen);
  Heard heard(viewer, "heard");
  viewer.play();
  ASSERT_TRUE(eventually([&] {
    push(publisher, "text", "hello");
    return !heard.messages().empty();
  }));
  for (int i = 0; i < 40; i++) push(publisher, "text", std::string(60000, char('a' + i % 26)));
  end(publisher, "text");
  EXPECT_TRUE(publisher.wait_eos());
  EXPECT_TRUE(viewer.wait_eos());
  auto all = heard.messages();
  std::erase(all, "text/x-raw:hello");
  ASSERT_EQ(all.size(), 40u);
  EXPECT_EQ(all.back(), "text/x-raw:" + std::string(60000, char('a' + 39 % 26)));
}

TEST_F(Data, AStreamArrivesWholeAndInASecondRun) {
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

TEST_F(Data, AnEmptyStreamIsAStream) {
  make_file(0);
  Sink publisher(sender(), stream);
  Source viewer(publisher.uri(), saver());
  viewer.play();
  EXPECT_TRUE(publisher.wait_eos());
  EXPECT_TRUE(viewer.wait_eos());
  EXPECT_EQ(read_file(file("got")), "");
  EXPECT_EQ(viewer.error(), "");
}

TEST_F(Data, AStreamCutShortIsAnErrorAndNoEos) {
  Sink server(Sink::test_video);
  Pipeline publisher("rtcsink name=rtcsink stream=cut uri=" + server.uri() + " " + stream + " " +
                     app_source("bytes", "data_0", "application/octet-stream"));
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

TEST_F(Data, WhoComesInTheMidstOfAStreamIsTold) {
  Sink publisher(app_source("bytes", "data_0", "application/octet-stream"), stream);
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

TEST_F(Data, AMessageTooLargeIsAWarningWithItsSize) {
  Sink publisher(app_source("bytes", "data_0", "application/octet-stream"));
  Source viewer(publisher.uri(), listen);
  Heard heard(viewer, "heard");
  viewer.play();
  ASSERT_TRUE(eventually([&] {
    push(publisher, "bytes", "hello");
    return !heard.messages().empty();
  }));
  push(publisher, "bytes", std::string(70000, 'x'));
  push(publisher, "bytes", "after it");
  ASSERT_TRUE(eventually([&] { return heard.messages().back().ends_with("after it"); }));
  ASSERT_EQ(publisher.warnings().size(), 1u);
  EXPECT_NE(publisher.warnings()[0].find("A message of 70000 bytes is larger"), std::string::npos)
      << publisher.warnings()[0];
}

// With more than is kept for it the viewer holds up the pad, with less the end of the stream.
TEST_F(Data, AViewerThatTakesNothingIsLeftBehind) {
  for (const size_t size : {12'000'000, 100'000}) {
    const auto content = make_file(size);
    // Who hears what comes over the second channel has the first one open.
    Sink publisher(app_source("bytes", "data_0", "application/octet-stream") +
                       app_source("ready", "data_1", text_caps),
                   stream + std::string(" data_0::patience=1000"));
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

TEST_F(Data, AViewerOfVideoAloneOnlyHearsAWarning) {
  Sink publisher(Sink::test_video + app_source("bytes", "data_0", "application/octet-stream"),
                 stream);
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

TEST_F(Data, TextEndsAtANul) {
  Sink publisher(app_source("text", "data_0", text_caps));
  Source viewer(publisher.uri(), listen);
  Heard heard(viewer, "heard");
  viewer.play();
  ASSERT_TRUE(eventually([&] {
    push(publisher, "text", std::string("hello\0", 6));
    return !heard.messages().empty();
  }));
  push(publisher, "text", std::string("\0", 1));
  end(publisher, "text");
  EXPECT_TRUE(publisher.wait_eos());
  EXPECT_TRUE(viewer.wait_eos());
  for (const auto &message : heard.messages()) EXPECT_EQ(message, "text/x-raw:hello");
}

TEST_F(Data, OnlyLabelsThatAreWantedBecomePads) {
  Sink publisher(app_source("a", "data_0", text_caps) + app_source("b", "data_1", text_caps),
                 "data_0::label=left data_1::label=right");
  Source viewer(publisher.uri(), listen, "stream=film data-labels=right");
  Heard heard(viewer, "heard");
  viewer.play();
  ASSERT_TRUE(eventually([&] {
    push(publisher, "a", "a");
    push(publisher, "b", "b");
    return !heard.messages().empty();
  }));
  for (const auto &message : heard.messages()) EXPECT_EQ(message, "text/x-raw:b");
}

TEST_F(Data, ContradictingPropertiesAreNamed) {
  const std::pair<const char *, const char *> cases[] = {
      {"data_0::max-retransmits=1 data_0::max-packet-lifetime=1", "not both"},
      {"data_0::negotiated=true", "negotiated and id belong together"},
      {"data_0::data-framing=stream data_0::ordered=false", "a stream needs an ordered, reliable"},
      {"data_0::label=x data_1::label=x", "Two data pads have the label \"x\""}};
  for (const auto &[properties, text] : cases) {
    Pipeline pipeline("rtcsink name=rtcsink listen=127.0.0.1:0 " + std::string(properties) + " " +
                      app_source("a", "data_0", text_caps) + app_source("b", "data_1", text_caps));
    pipeline.play();
    EXPECT_NE(pipeline.wait_error().find(text), std::string::npos) << pipeline.error();
  }
}
