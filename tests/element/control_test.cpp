// What viewers ask of rtcsink over their control channels: navigation, and a film that they steer.
#include <gst/app/app.h>

#include "support/control.hpp"

using namespace rtc;
using namespace rtc::test;
using namespace std::chrono_literals;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

using Kind = PlaybackRequest::Kind;
using Control = FilmTest;

TEST_F(Control, NavigationArrivesInPixelsOfThePad) {
  Sink publisher(
      "videotestsrc name=camera is-live=true ! video/x-raw,width=640,height=480,framerate=30/1 ! "
      "rtcsink.video_0",
      "control=navigation renditions=320x240");
  Events events(publisher, "camera");
  Source viewer(publisher.uri(), Source::video_only);
  Remote remote(viewer);
  viewer.play();
  ASSERT_TRUE(remote.wait_open());
  NavigationInput input{"MouseButtonPress", "", "shift-mask", 100, 60};
  input.button = 1;
  EXPECT_EQ(remote.ask({remote.next_id(), "", input}), "");
  const auto press = events.wait("mouse-button-press");
  EXPECT_NE(press.find("button=(int)1"), std::string::npos) << press;
  EXPECT_NE(press.find("pointer_x=(double)200"), std::string::npos) << press;
  EXPECT_NE(press.find("pointer_y=(double)120"), std::string::npos) << press;
  EXPECT_NE(press.find("SHIFT_MASK"), std::string::npos) << press;
  EXPECT_EQ(remote.ask({remote.next_id(), "video0", NavigationInput{"KeyPress", "Return", ""}}),
            "");
  EXPECT_NE(events.wait("key-press").find("Return"), std::string::npos);
  EXPECT_EQ(remote.ask({remote.next_id(), "", CustomInput{"my-event", R"({"a":1,"b":["x"]})"}}),
            "");
  EXPECT_NE(events.wait("my-event").find("a=(int)1"), std::string::npos);

  EXPECT_NE(remote.ask({remote.next_id(), "none", input}).find("No track has the mid"),
            std::string::npos);
  EXPECT_NE(remote.ask({remote.next_id(), "", CustomInput{"a", R"({"b":null})"}}).find("fields"),
            std::string::npos);
  EXPECT_NE(remote.ask({Kind::pause}).find("does not let its viewers control"), std::string::npos);
  for (const auto *text : {"{", "[]", "{\"id\":1}", "\xff\xfe"}) remote.send(text);
  EXPECT_EQ(remote.ask({remote.next_id(), "", NavigationInput{"KeyRelease", "Return", ""}}), "");
}

TEST_F(Control, ALivePipelineRefuses) {
  Sink publisher(Sink::test_video, playback);
  Source viewer(publisher.uri(), Source::video_only);
  Remote remote(viewer);
  viewer.play();
  ASSERT_TRUE(remote.wait_open());
  for (const auto &request :
       {PlaybackRequest{Kind::pause}, PlaybackRequest{Kind::seek, 1s},
        PlaybackRequest{Kind::rate, 0s, 2}, PlaybackRequest{Kind::loop, 0s, 1, true}})
    EXPECT_NE(remote.ask(request).find("live"), std::string::npos);
  EXPECT_FALSE(remote.state().seekable);
  EXPECT_NE(remote.ask({Kind::next}).find("Nothing comes next"), std::string::npos);
}

TEST_F(Control, ThreeViewersSurviveASeek) {
  for (const auto &source : {film(), encoded_film()}) {
    Sink publisher(source, playback);
    const auto uri = publisher.uri();
    Source viewers[3] = {Source(uri, watch_raw), Source(uri, watch_raw), Source(uri, watch_raw)};
    Brightness pictures[3] = {{viewers[0], "video"}, {viewers[1], "video"}, {viewers[2], "video"}};
    Remote remote(viewers[1]);
    for (auto &viewer : viewers) viewer.play();
    ASSERT_TRUE(remote.wait_open());
    ASSERT_TRUE(eventually([&] { return remote.state().seekable; }));
    // Where the machine is slow it plays on before the last one comes.
    for (auto &picture : pictures) ASSERT_TRUE(eventually([&] { return picture.count() > 0; }));
    ASSERT_EQ(remote.ask({Kind::seek, 1s}), "");
    for (auto &picture : pictures) ASSERT_TRUE(eventually([&] { return picture.is_black(); }));
    EXPECT_NEAR(std::chrono::duration<double>(remote.state().duration.value_or(0s)).count(), 20,
                0.1);
    ASSERT_EQ(remote.ask({Kind::seek, 14s}), "");
    for (auto &picture : pictures)
      EXPECT_TRUE(eventually([&] { return picture.is_white(); }, before_it_plays_there));
    EXPECT_TRUE(eventually([&] { return remote.state().position > 14s; }));
    EXPECT_LT(remote.state().position, 17s);
    ASSERT_EQ(remote.ask({Kind::seek, 2s}), "");
    for (auto &picture : pictures) EXPECT_TRUE(eventually([&] { return picture.is_black(); }));
    for (auto &viewer : viewers) {
      EXPECT_EQ(viewer.error(), "");
      EXPECT_EQ(viewer.messages("rtc-stream-started"), 1u);
    }
    EXPECT_EQ(publisher.error(), "");
  }
}

TEST_F(Control, PauseAndPlayAreAskedOfTheApplication) {
  Launched publisher(film(), playback);
  Source viewer(publisher.uri(), watch_raw);
  Remote remote(viewer);
  Brightness picture(viewer, "video");
  Counter frames(viewer, "video");
  viewer.play();
  ASSERT_TRUE(remote.wait_open());
  ASSERT_TRUE(eventually([&] { return picture.count() > 10; }));
  ASSERT_EQ(remote.ask({Kind::pause}), "");
  ASSERT_EQ(publisher.asked(), GST_STATE_PAUSED);
  publisher.obey(GST_STATE_PAUSED);
  ASSERT_TRUE(eventually([&] { return !remote.state().playing; }));
  const auto position = remote.state().position;
  // Who moves the slider now sees where.
  ASSERT_EQ(remote.ask({Kind::seek, 15s}), "");
  EXPECT_TRUE(eventually([&] { return picture.is_white(); }));
  EXPECT_LT(position, 12s);
  EXPECT_TRUE(eventually([&] { return remote.state().position == 15s; }));
  publisher.forget();
  ASSERT_EQ(remote.ask({Kind::play}), "");
  ASSERT_EQ(publisher.asked(), GST_STATE_PLAYING);
  const auto before = frames.count();
  publisher.obey(GST_STATE_PLAYING);
  EXPECT_TRUE(eventually([&] { return frames.count() > before + 30; }));
  EXPECT_TRUE(eventually([&] { return remote.state().playing && remote.state().position > 16s; }));
  EXPECT_EQ(viewer.messages("rtc-healing"), 0u);
  EXPECT_EQ(viewer.error(), "");
  EXPECT_EQ(publisher.error(), "");
}

TEST_F(Control, ARateIsTimesAsFast) {
  Sink publisher(film(), playback);
  Source viewer(publisher.uri(), watch_raw);
  Remote remote(viewer);
  Brightness picture(viewer, "video");
  viewer.play();
  ASSERT_TRUE(remote.wait_open());
  ASSERT_TRUE(eventually([&] { return picture.is_black(); }));
  ASSERT_EQ(remote.ask({Kind::rate, 0s, 4}), "");
  ASSERT_TRUE(eventually([&] { return remote.state().rate == 4; }));
  const auto from = remote.state().position;
  const auto began = std::chrono::steady_clock::now();
  // As fast as it was recorded it never comes that far ahead of the time, however slow the machine.
  EXPECT_TRUE(eventually([&] {
    const auto passed = std::chrono::steady_clock::now() - began;
    return remote.state().position - from > 2 * passed + 2s;
  }));
  EXPECT_TRUE(eventually([&] { return picture.is_white(); }));
  EXPECT_EQ(viewer.error(), "");
}

TEST_F(Control, ALoopBeginsAgainAndWithoutItTheStreamEnds) {
  Sink publisher(film(), playback);
  Source viewer(publisher.uri(), watch_raw);
  Remote remote(viewer);
  Brightness picture(viewer, "video");
  viewer.play();
  ASSERT_TRUE(remote.wait_open());
  ASSERT_TRUE(eventually([&] { return picture.is_black(); }));
  ASSERT_EQ(remote.ask({Kind::loop, 0s, 1, true}), "");
  ASSERT_EQ(remote.ask({Kind::seek, 18s}), "");
  ASSERT_TRUE(eventually([&] { return picture.is_white(); }, before_it_plays_there));
  ASSERT_TRUE(eventually([&] { return picture.is_black(); }));
  EXPECT_FALSE(publisher.eos());
  ASSERT_EQ(remote.ask({Kind::loop, 0s, 1, false}), "");
  ASSERT_EQ(remote.ask({Kind::seek, 19s}), "");
  EXPECT_TRUE(publisher.wait_eos());
  EXPECT_TRUE(viewer.wait_eos());
  EXPECT_EQ(viewer.error(), "");
}

TEST_F(Control, NextIsTheApplications) {
  Sink publisher(film(), playback);
  g_signal_connect(
      publisher.element("rtcsink").get(), "next-requested",
      G_CALLBACK(+[](GstElement *, gchar *, gchar *, gpointer) -> gboolean { return TRUE; }),
      nullptr);
  Source viewer(publisher.uri(), watch_raw);
  Remote remote(viewer);
  viewer.play();
  ASSERT_TRUE(remote.wait_open());
  EXPECT_EQ(remote.ask({Kind::next}), "");
}

TEST_F(Control, AFloodIsAnsweredAndEverybodyLives) {
  Sink publisher(film(), playback);
  Source viewer(publisher.uri(), watch_raw);
  Remote remote(viewer);
  Counter frames(viewer, "video");
  viewer.play();
  ASSERT_TRUE(remote.wait_open());
  for (int i = 0; i < 2000; i++)
    remote.send(write(ControlRequest{remote.next_id(), "",
                                     PlaybackRequest{Kind::seek, std::chrono::seconds(i % 18)}}));
  // Some of them are refused for their number, and so may be the next one.
  EXPECT_TRUE(eventually([&] { return remote.ask({Kind::seek, 3s}).empty(); }));
  EXPECT_TRUE(frames.advances());
  EXPECT_EQ(publisher.error(), "");
}

TEST_F(Control, AnApplicationRefusesWhatItLikes) {
  Sink publisher(film(), playback);
  g_signal_connect(publisher.element("rtcsink").get(), "accept-control",
                   G_CALLBACK(+[](GstElement *, gchar *, gchar *, gchar *request,
                                  gpointer) -> gboolean { return std::string(request) != "seek"; }),
                   nullptr);
  Source viewer(publisher.uri(), watch_raw);
  Remote remote(viewer);
  viewer.play();
  ASSERT_TRUE(remote.wait_open());
  EXPECT_NE(remote.ask({Kind::seek, 5s}).find("does not let this viewer"), std::string::npos);
  EXPECT_EQ(remote.ask({Kind::loop, 0s, 1, true}), "");
}

TEST_F(Control, ALabelOfADataPadIsTaken) {
  Pipeline pipeline(
      "rtcsink name=rtcsink listen=127.0.0.1:0 control=navigation data_0::label=control "
      "appsrc caps=text/x-raw,format=utf8 ! rtcsink.data_0");
  pipeline.play();
  EXPECT_NE(pipeline.wait_error().find("the label \"control\" is taken"), std::string::npos);
}

// The properties of a pad that comes while the element plays count from its first data on.
TEST_F(Control, LabelIsTakenLater) {
  Pipeline pipeline(
      "rtcsink name=rtcsink listen=127.0.0.1:0 control=navigation "
      "appsrc name=text caps=text/x-raw,format=utf8 videotestsrc is-live=true ! "
      "video/x-raw,width=64,height=64 ! rtcsink. ");
  pipeline.play();
  ASSERT_TRUE(pipeline.wait_message("rtc-ready"));
  const auto pad =
      adopt(gst_element_request_pad_simple(pipeline.element("rtcsink").get(), "data_%u"));
  g_object_set(pad.get(), "label", "control", nullptr);
  const auto source = pipeline.element("text");
  const auto out = adopt(gst_element_get_static_pad(source.get(), "src"));
  ASSERT_EQ(gst_pad_link(out.get(), pad.get()), GST_PAD_LINK_OK);
  gst_app_src_push_buffer(GST_APP_SRC(source.get()), gst_buffer_new_memdup("hello", 5));
  EXPECT_NE(pipeline.wait_error().find("the label \"control\" is taken"), std::string::npos);
}
