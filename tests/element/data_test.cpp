// Data pads of rtcsink and rtcsrc: messages from the publisher to its viewers, and what is said
// when they go wrong.

#include <unistd.h>
#include "support/broken_path.hpp"

#include "support/data_pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {
class Data : public DataTest {};
}  // namespace

TEST_F(Data, MessagesComeInOrderAndKeepTheirKind) {
  Sink publisher(
      app_source("text", "rtcsink.data_0") + app_source("bytes", "rtcsink.data_1", binary_caps),
      "data_0::label=chat data_1::label=numbers");
  Source viewer(publisher.uri(),
                std::string(listen) + " r.data_1 ! fakesink name=bytes sync=false async=false");
  Heard text(viewer, "heard"), bytes(viewer, "bytes");
  viewer.play();
  ASSERT_TRUE(wait_for_first(publisher, "text", text));
  ASSERT_TRUE(wait_for_first(publisher, "bytes", bytes));
  for (int i = 0; i < 500; i++) push(publisher, "text", "message " + std::to_string(i));
  push(publisher, "bytes", std::string("\0\1\2\xff", 4));
  push(publisher, "bytes", std::string(60000, 'x'));
  ASSERT_TRUE(eventually([&] {
    const auto all = text.messages();
    return all.back() == "text/x-raw:message 499" && bytes.messages().back().size() > 60000;
  }));
  const auto all = text.without(hello);
  ASSERT_EQ(all.size(), 500u);
  for (int i = 0; i < 500; i++)
    EXPECT_EQ(all[static_cast<size_t>(i)], "text/x-raw:message " + std::to_string(i));
  const auto binary = bytes.without(binary_hello);
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
  Sink publisher(app_source("text", "rtcsink.data_0"));
  Source viewer(publisher.uri(), listen);
  Heard heard(viewer, "heard");
  viewer.play();
  ASSERT_TRUE(wait_for_first(publisher, "text", heard));
  for (int i = 0; i < 40; i++) push(publisher, "text", std::string(60000, char('a' + i % 26)));
  end(publisher, "text");
  EXPECT_TRUE(publisher.wait_eos());
  EXPECT_TRUE(viewer.wait_eos());
  const auto all = heard.without(hello);
  ASSERT_EQ(all.size(), 40u);
  EXPECT_EQ(all.back(), "text/x-raw:" + std::string(60000, char('a' + 39 % 26)));
}

TEST_F(Data, AMessageTooLargeIsAWarningWithItsSize) {
  Sink publisher(app_source("bytes", "rtcsink.data_0", binary_caps));
  Source viewer(publisher.uri(), listen);
  Heard heard(viewer, "heard");
  viewer.play();
  ASSERT_TRUE(wait_for_first(publisher, "bytes", heard));
  for (int i = 0; i < 2; i++) push(publisher, "bytes", std::string(70000, 'x'));
  push(publisher, "bytes", "after it");
  ASSERT_TRUE(eventually([&] { return heard.messages().back().ends_with("after it"); }));
  ASSERT_EQ(publisher.warnings().size(), 1u);
  EXPECT_NE(publisher.warnings()[0].find("A message of 70000 bytes is larger than the 65536"),
            std::string::npos)
      << publisher.warnings()[0];
}

TEST_F(Data, TextEndsAtANul) {
  Sink publisher(app_source("text", "rtcsink.data_0"));
  Source viewer(publisher.uri(), listen);
  Heard heard(viewer, "heard");
  viewer.play();
  ASSERT_TRUE(wait_for_first(publisher, "text", heard, std::string("hello\0", 6)));
  push(publisher, "text", std::string("\0", 1));
  end(publisher, "text");
  EXPECT_TRUE(publisher.wait_eos());
  EXPECT_TRUE(viewer.wait_eos());
  for (const auto &message : heard.messages()) EXPECT_EQ(message, "text/x-raw:hello");
}

TEST_F(Data, OnlyLabelsThatAreWantedBecomePads) {
  Sink publisher(app_source("a", "rtcsink.data_0") + app_source("b", "rtcsink.data_1"),
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
      {"data_0::label=x data_1::label=x", "Two data pads have the label \"x\""},
      {"data_0::negotiated=true data_0::id=7 data_1::negotiated=true data_1::id=7",
       "Two data pads have the id 7"}};
  for (const auto &[properties, text] : cases) {
    Pipeline pipeline("rtcsink name=rtcsink listen=127.0.0.1:0 " + std::string(properties) + " " +
                      app_source("a", "rtcsink.data_0") + app_source("b", "rtcsink.data_1"));
    pipeline.play();
    EXPECT_NE(pipeline.wait_error().find(text), std::string::npos) << pipeline.error();
  }
}

// What becomes of the only viewer, which takes nothing.
TEST_F(Data, OnStuckDropsOrDisconnects) {
  for (const std::string then : {"drop", "disconnect"}) {
    Sink publisher(app_source("bytes", "rtcsink.data_0", binary_caps),
                   "data_0::patience=500 data_0::max-bytes=16384 data_0::on-stuck=" + then);
    Source viewer(publisher.uri(), listen);
    Heard heard(viewer, "heard");
    const auto held = Connections::of(publisher, "rtcsink", "viewer-added");
    viewer.play();
    ASSERT_TRUE(wait_for_first(publisher, "bytes", heard));
    // SCTP takes what its buffers hold, and then nothing.
    held->silence_first();
    ASSERT_TRUE(eventually([&] {
      push(publisher, "bytes", std::string(60000, 'x'));
      return !publisher.warnings().empty();
    }));
    const auto text = publisher.warnings()[0];
    EXPECT_NE(text.find(then == "drop" ? "gets only the last messages" : "gets nothing more"),
              std::string::npos)
        << text;
    if (then == "disconnect") {
      EXPECT_NE(publisher.field("rtc-viewer-removed", "reason").find("took nothing"),
                std::string::npos);
    }
  }
}

namespace {
constexpr size_t large = 60000;

// Messages that the pad has not taken yet; the one that it waits with is none of them.
size_t waiting(const Pipeline &pipeline) {
  return gst_app_src_get_current_level_bytes(GST_APP_SRC(pipeline.element("bytes").get())) / large;
}

bool ends_with_last(Heard &heard) {
  return eventually([&] { return heard.messages().back().ends_with("last"); });
}

// Two viewers, the first of which takes nothing any more.
struct StuckAndGood {
  explicit StuckAndGood(const std::string &properties)
      : publisher(app_source("bytes", "rtcsink.data_0", binary_caps),
                  "data_0::max-bytes=65536 " + properties) {}

  void begin() {
    stuck.play();
    ASSERT_TRUE(wait_for_first(publisher, "bytes", at_stuck));
    good.play();
    ASSERT_TRUE(wait_for_first(publisher, "bytes", at_good));
    held->silence_first();
  }
  void push_large() { push(publisher, "bytes", std::string(large, 'x')); }

  Sink publisher;
  Source stuck{publisher.uri(), listen}, good{publisher.uri(), listen};
  Heard at_stuck{stuck, "heard"}, at_good{good, "heard"};
  std::shared_ptr<Connections> held = Connections::of(publisher, "rtcsink", "viewer-added");
};
}  // namespace

// With more than is kept for it a viewer holds up the pad, until the patience is over.
TEST_F(Data, AStuckViewerHoldsUpTheOthersOnlyForAWhile) {
  const std::pair<const char *, const char *> cases[] = {{"leave-behind", "gets nothing more"},
                                                         {"drop", "gets only the last messages"},
                                                         {"disconnect", "gets nothing more"}};
  for (const auto &[then, told] : cases) {
    StuckAndGood viewers("data_0::patience=" + patience + " data_0::on-stuck=" + then);
    auto &publisher = viewers.publisher;
    viewers.begin();
    ASSERT_TRUE(eventually([&] {
      viewers.push_large();
      return waiting(publisher) > 10;
    })) << then;
    ASSERT_EQ(publisher.warnings().size(), 0u) << then;
    ASSERT_TRUE(eventually([&] { return !publisher.warnings().empty(); })) << then;
    EXPECT_NE(publisher.warnings()[0].find(told), std::string::npos) << publisher.warnings()[0];
    push(publisher, "bytes", "last");
    EXPECT_TRUE(ends_with_last(viewers.at_good)) << then;
    EXPECT_EQ(waiting(publisher), 0u) << then;
    if (std::string(then) == "disconnect") {
      EXPECT_NE(publisher.field("rtc-viewer-removed", "reason").find("took nothing"),
                std::string::npos);
    } else {
      EXPECT_EQ(publisher.messages("rtc-viewer-removed"), 0u) << then;
    }
    EXPECT_EQ(publisher.warnings().size(), 1u) << then;
    EXPECT_EQ(viewers.good.error(), "");
  }
}

TEST_F(Data, ALeakyPadWaitsForNobody) {
  StuckAndGood viewers("data_0::patience=500 data_0::leaky=true");
  auto &publisher = viewers.publisher;
  viewers.begin();
  // More than SCTP and the pad keep for the one that takes nothing.
  for (int i = 0; i < 300; i++) viewers.push_large();
  push(publisher, "bytes", "last");
  EXPECT_TRUE(ends_with_last(viewers.at_good));
  EXPECT_EQ(waiting(publisher), 0u);
  EXPECT_EQ(publisher.warnings().size(), 0u);
  EXPECT_EQ(publisher.messages("rtc-viewer-removed"), 0u);
}

// As fast as they can be made; the connection of a peer would wait behind what piles up.
TEST_F(Data, WhatIsSentToNobodyPilesUpNowhere) {
#ifdef __SANITIZE_ADDRESS__
  constexpr size_t most = 400'000'000;  // it keeps what was freed
#else
  constexpr size_t most = 40'000'000;
#endif
  const auto resident = [] {
    size_t total = 0, pages = 0;
    std::ifstream("/proc/self/statm") >> total >> pages;
    return pages * size_t(sysconf(_SC_PAGESIZE));
  };
  Sink publisher("fakesrc name=flood sizetype=fixed sizemax=1000 ! rtcsink.data_0 ");
  Counter sent(publisher, "flood", "src");
  ASSERT_TRUE(sent.advances(1000));
  const auto before = resident();
  ASSERT_TRUE(sent.advances(300'000));
  EXPECT_LT(resident(), before + most);
}
