// What rtcsrc makes of events and queries from downstream: requests to a publisher, and what it
// tells.
#include "support/control.hpp"

using namespace rtc;
using namespace rtc::test;
using namespace std::chrono_literals;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

using ControlViewer = FilmTest;

namespace {

// What viewers ask of a publisher; it outlives that one.
class Requests {
 public:
  void listen_to(const Pipeline &publisher) {
    g_signal_connect(publisher.element("rtcsink").get(), "accept-control", G_CALLBACK(remember),
                     this);
  }
  std::vector<std::string> all() {
    std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  static gboolean remember(GstElement *, gchar *, gchar *, gchar *request, gpointer data) {
    auto *self = static_cast<Requests *>(data);
    std::lock_guard lock(self->mutex_);
    self->all_.emplace_back(request);
    return TRUE;
  }

  std::mutex mutex_;  // guards all_
  std::vector<std::string> all_;
};

}  // namespace

TEST_F(ControlViewer, NavigationFromDownstreamArrives) {
  Sink publisher(
      "videotestsrc name=camera is-live=true ! video/x-raw,width=640,height=480,framerate=30/1 ! "
      "rtcsink.video_0",
      "control=navigation");
  Events events(publisher, "camera");
  Source viewer(publisher.uri(), Source::video_only);
  Remote remote(viewer);
  Counter frames(viewer, "video");
  viewer.play();
  ASSERT_TRUE(remote.wait_open());
  ASSERT_TRUE(frames.advances());
  const auto pad = adopt(gst_element_get_static_pad(viewer.element("video").get(), "sink"));
  ASSERT_TRUE(eventually([&] {
    return gst_pad_push_event(pad.get(), gst_navigation_event_new_mouse_move(
                                             12.5, 34, GST_NAVIGATION_MODIFIER_CONTROL_MASK));
  }));
  const auto move = events.wait("mouse-move");
  EXPECT_NE(move.find("pointer_x=(double)12.5"), std::string::npos) << move;
  EXPECT_NE(move.find("CONTROL_MASK"), std::string::npos) << move;
  for (const auto command : {GST_NAVIGATION_COMMAND_MENU1, GST_NAVIGATION_COMMAND_NEXT_ANGLE}) {
    EXPECT_TRUE(gst_pad_push_event(pad.get(), gst_navigation_event_new_command(command)));
    const auto arrived = events.wait("command-code=(uint)" + std::to_string(command));
    EXPECT_NE(arrived.find("event=(string)command"), std::string::npos) << arrived;
  }
  EXPECT_FALSE(gst_element_seek_simple(viewer.get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
  EXPECT_EQ(viewer.warnings().size(), 0u);
}

// What a player with a slider does, and sees.
TEST_F(ControlViewer, ASeekOfTheViewersPipelineSeeksTheFilm) {
  Launched publisher(film(), playback);
  const auto uri = "rtc+" + publisher.uri() + "?stream=film";
  Pipeline player("playbin name=p uri=" + uri +
                  " video-sink=\"videoconvert ! video/x-raw,format=I420 ! fakesink name=video "
                  "sync=true\" audio-sink=\"fakesink sync=true\"");
  player.play();
  const auto position = [&] {
    gint64 value = -1;
    gst_element_query_position(player.get(), GST_FORMAT_TIME, &value);
    return std::chrono::nanoseconds(value);
  };
  const auto seekable = [&] {
    const auto query = adopt(gst_query_new_seeking(GST_FORMAT_TIME));
    gboolean value = FALSE;
    if (gst_element_query(player.get(), query.get()))
      gst_query_parse_seeking(query.get(), nullptr, &value, nullptr, nullptr);
    return value;
  };
  ASSERT_TRUE(eventually([&] { return seekable() && position() > 0s; })) << player.error();
  Brightness picture(player, "video");
  ASSERT_TRUE(eventually([&] { return picture.is_black(); }));
  gint64 duration = 0;
  EXPECT_TRUE(gst_element_query_duration(player.get(), GST_FORMAT_TIME, &duration));
  EXPECT_NEAR(double(duration) / 1e9, 20, 0.1);

  ASSERT_TRUE(gst_element_seek_simple(player.get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                      14 * gint64(GST_SECOND)));
  EXPECT_TRUE(eventually([&] { return picture.is_white(); }, before_it_plays_there))
      << picture.count();
  EXPECT_TRUE(eventually([&] { return position() > 14s && position() < 17s; }));
  ASSERT_TRUE(gst_element_seek_simple(player.get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                      2 * gint64(GST_SECOND)));
  EXPECT_TRUE(eventually([&] { return picture.is_black(); }));
  EXPECT_TRUE(eventually([&] { return position() > 2s && position() < 5s; }));
  EXPECT_EQ(player.error(), "");
  EXPECT_EQ(publisher.error(), "");
}

TEST_F(ControlViewer, AViewersPipelineAsksForTheRestByAnEvent) {
  Launched publisher(film(), playback);
  Source viewer(publisher.uri(), watch_raw);
  Counter frames(viewer, "video");
  viewer.play();
  ASSERT_TRUE(viewer.wait_message("rtc-playback"));
  ASSERT_TRUE(frames.advances());
  const auto ask = [&](const char *request) {
    return gst_element_send_event(
        viewer.element("r").get(),
        gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM,
                             gst_structure_new("rtc-playback", "request", G_TYPE_STRING, request,
                                               "loop", G_TYPE_BOOLEAN, TRUE, nullptr)));
  };
  EXPECT_TRUE(ask("pause"));
  EXPECT_EQ(publisher.asked(), GST_STATE_PAUSED);
  EXPECT_TRUE(ask("loop"));
  EXPECT_TRUE(viewer.wait_message("rtc-playback", 2));
  EXPECT_TRUE(ask("next"));
  ASSERT_TRUE(eventually([&] { return !viewer.warnings().empty(); }));
  EXPECT_NE(viewer.warnings()[0].find("Nothing comes next"), std::string::npos);
}

// One seek goes up the branches of video and of audio, and is asked for once.
TEST_F(ControlViewer, ASeekWithARateAsksForTheRate) {
  Requests requests;
  Sink publisher(film(), playback);
  requests.listen_to(publisher);
  Source viewer(publisher.uri(), watch_raw);
  Remote remote(viewer);
  Counter frames(viewer, "video");
  viewer.play();
  ASSERT_TRUE(eventually([&] { return remote.state().seekable; }));
  ASSERT_TRUE(frames.advances());
  const auto seek = [&](double rate, GstSeekType type, gint64 position) {
    return gst_element_seek(viewer.get(), rate, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, type,
                            position, GST_SEEK_TYPE_NONE, -1);
  };
  // So slow that the film does not end meanwhile.
  ASSERT_TRUE(seek(0.5, GST_SEEK_TYPE_NONE, -1));
  EXPECT_TRUE(eventually([&] { return viewer.told("rtc-playback", "rate=(double)0.5"); }));
  EXPECT_TRUE(eventually([&] { return remote.state().rate == 0.5; }));
  EXPECT_EQ(requests.all(), std::vector<std::string>{"rate"});
  ASSERT_TRUE(seek(1, GST_SEEK_TYPE_SET, 3 * gint64(GST_SECOND)));
  EXPECT_TRUE(eventually([&] { return requests.all().size() >= 3; }));
  EXPECT_TRUE(eventually([&] { return remote.state().rate == 1; }));
  EXPECT_EQ(requests.all(), (std::vector<std::string>{"rate", "rate", "seek"}));
  EXPECT_TRUE(frames.advances());
  // The second one before the first is told of.
  ASSERT_TRUE(seek(2, GST_SEEK_TYPE_NONE, -1) && seek(1, GST_SEEK_TYPE_SET, GST_SECOND));
  EXPECT_TRUE(eventually([&] { return requests.all().size() >= 6; }));
  EXPECT_TRUE(eventually([&] { return remote.state().rate == 1; }));
  EXPECT_FALSE(seek(-1, GST_SEEK_TYPE_NONE, -1));
  EXPECT_EQ(viewer.warnings().size(), 0u);
  EXPECT_EQ(publisher.error(), "");
}

TEST_F(ControlViewer, TheChannelIsAPadForWhoNamesIt) {
  Sink publisher(Sink::test_video, playback);
  Source viewer(publisher.uri(),
                "r.video_0 ! fakesink name=video sync=false "
                "r.data_0 ! fakesink name=heard sync=false async=false",
                "stream=film data-labels=control");
  Counter told(viewer, "heard");
  viewer.play();
  EXPECT_TRUE(told.advances(1));
}
