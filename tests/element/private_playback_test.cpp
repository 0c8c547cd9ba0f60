// A recording that each viewer of rtcsink has to itself: what one does with it nobody else sees.
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "support/broken_path.hpp"
#include "support/control.hpp"

using namespace rtc;
using namespace rtc::test;
using namespace std::chrono_literals;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

using Kind = PlaybackRequest::Kind;

namespace {

// The pipelines that an element makes for its viewers.
class Pipelines : public std::enable_shared_from_this<Pipelines> {
 public:
  static std::shared_ptr<Pipelines> of(const Pipeline &publisher) {
    const auto self = std::make_shared<Pipelines>();
    connect_weak<void(GstElement *, gchar *, gchar *, GstElement *)>(
        publisher.element("rtcsink").get(), "playback-setup", std::weak_ptr(self),
        [](Pipelines &p, GstElement *, gchar *, gchar *, GstElement *made) { p.add(made); });
    return self;
  }
  size_t made() {
    std::lock_guard lock(mutex_);
    return count_;
  }
  size_t alive() {
    std::lock_guard lock(mutex_);
    return made_.size();
  }

 private:
  // On the thread that frees it.
  static void forget(gpointer data, GObject *gone) {
    const std::unique_ptr<std::weak_ptr<Pipelines>> weak(
        static_cast<std::weak_ptr<Pipelines> *>(data));
    const auto self = weak->lock();
    if (!self) return;
    std::lock_guard lock(self->mutex_);
    std::erase(self->made_, reinterpret_cast<GstElement *>(gone));
    Changes::get().change();
  }
  void add(GstElement *made) {
    std::lock_guard lock(mutex_);
    count_++;
    made_.push_back(made);
    g_object_weak_ref(G_OBJECT(made), forget, new std::weak_ptr<Pipelines>(weak_from_this()));
  }

  std::mutex mutex_;  // guards everything below
  size_t count_ = 0;
  std::vector<GstElement *> made_;
};

class PrivatePlayback : public FilmTest {
 protected:
  static std::string properties(const std::string &rest = "") {
    return "control=playback playback-uri=file://" + film_->path() + " " + rest;
  }
};

bool limit(const Pipeline &publisher, const std::string &session, guint max_height) {
  gboolean done = FALSE;
  g_signal_emit_by_name(publisher.element("rtcsink").get(), "set-viewer-limit", session.c_str(),
                        "video_0", max_height, 0, &done);
  return done;
}

// A viewer, what it asks for, and what it sees.
struct Watching {
  explicit Watching(const std::string &uri)
      : viewer(uri, watch_raw), remote(viewer), picture(viewer, "video"), frames(viewer, "video") {}

  bool play() {
    viewer.play();
    return remote.wait_open() && eventually([&] { return picture.count() > 10; });
  }
  std::chrono::nanoseconds position() { return remote.state().position; }

  Source viewer;
  Remote remote;
  Brightness picture;
  Counter frames;
};

}  // namespace

TEST_F(PrivatePlayback, EachViewerHasATimelineOfItsOwn) {
  Sink publisher("", properties("renditions=320x240,160x120"));
  const auto pipelines = Pipelines::of(publisher);
  Watching first(publisher.uri()), second(publisher.uri());
  ASSERT_TRUE(first.play());
  ASSERT_TRUE(second.play());
  // As slowly as that it does not come to its second half, however slow the machine.
  ASSERT_EQ(second.remote.ask({Kind::rate, 0s, 0.125}), "");
  ASSERT_EQ(second.remote.ask({Kind::seek, 1s}), "");
  ASSERT_TRUE(eventually([&] { return second.picture.is_black(); }));
  ASSERT_TRUE(eventually([&] { return first.remote.state().seekable; }));
  EXPECT_NEAR(std::chrono::duration<double>(first.remote.state().duration.value_or(0s)).count(), 20,
              0.1);
  ASSERT_EQ(first.remote.ask({Kind::seek, 14s}), "");
  EXPECT_TRUE(eventually([&] { return first.picture.is_white(); }, before_it_plays_there));
  EXPECT_TRUE(eventually([&] { return first.position() > 14s; }));
  ASSERT_EQ(first.remote.ask({Kind::pause}), "");
  ASSERT_TRUE(eventually([&] { return !first.remote.state().playing; }));
  const auto paused = first.position();

  const auto before = second.position();
  EXPECT_TRUE(second.frames.advances());
  EXPECT_TRUE(eventually([&] { return second.position() > before + 100ms; }));
  EXPECT_TRUE(second.picture.is_black());
  EXPECT_TRUE(second.remote.state().playing);
  EXPECT_EQ(second.remote.state().rate, 0.125);
  EXPECT_EQ(first.remote.state().rate, 1);
  EXPECT_LT(second.position(), 10s);
  EXPECT_LT(first.position(), paused + 500ms);

  ASSERT_EQ(first.remote.ask({Kind::seek, 2s}), "");
  EXPECT_TRUE(eventually([&] { return first.picture.is_black(); }));
  ASSERT_EQ(first.remote.ask({Kind::play}), "");
  EXPECT_TRUE(eventually([&] { return first.position() > 3s; }));
  EXPECT_TRUE(first.frames.advances());
  EXPECT_EQ(publisher.number("rtcsink", "viewers"), 2u);
  EXPECT_EQ(pipelines->alive(), 2u);
  EXPECT_TRUE(publisher.has_groups(2, "video_0"));
  EXPECT_TRUE(publisher.has_groups(2, "audio_0"));
  const auto session = publisher.field("rtc-viewer-added", "session", 1);
  EXPECT_TRUE(limit(publisher, session, 120));
  EXPECT_TRUE(eventually([&] {
    const auto changes = publisher.messages("rtc-rendition");
    return changes > 0 && publisher.field("rtc-rendition", "session", changes - 1) == session &&
           publisher.field("rtc-rendition", "rendition", changes - 1).starts_with("160x120");
  }));
  EXPECT_EQ(publisher.error(), "");
  EXPECT_EQ(publisher.warnings(), std::vector<std::string>());
}

TEST_F(PrivatePlayback, WhoLeavesFreesItsPipelineAndItsPlace) {
  Sink publisher("", properties("max-private=2"));
  const auto pipelines = Pipelines::of(publisher);
  auto first = std::make_unique<Watching>(publisher.uri());
  Watching second(publisher.uri()), third(publisher.uri());
  ASSERT_TRUE(first->play());
  ASSERT_TRUE(second.play());
  ASSERT_EQ(second.remote.ask({Kind::loop, 0s, 1, true}), "");
  third.viewer.play();
  EXPECT_NE(third.viewer.wait_error().find("max-private"), std::string::npos)
      << third.viewer.error();
  EXPECT_EQ(pipelines->made(), 2u);
  EXPECT_TRUE(second.frames.advances());

  first.reset();
  EXPECT_TRUE(eventually([&] { return pipelines->alive() == 1; }));
  EXPECT_TRUE(second.frames.advances());
  {
    Watching fourth(publisher.uri());
    EXPECT_TRUE(fourth.play());
    EXPECT_LT(fourth.position(), 10s);
  }
  second.viewer.stop();
  EXPECT_TRUE(eventually([&] { return pipelines->alive() == 0; }));
  EXPECT_TRUE(eventually([&] { return publisher.number("rtcsink", "viewers") == 0; }));
  EXPECT_EQ(publisher.error(), "");
  EXPECT_EQ(publisher.warnings(), std::vector<std::string>());
}

TEST_F(PrivatePlayback, ItStaysAtItsEndAndPlaysAgain) {
  Sink publisher("", properties());
  Watching film(publisher.uri());
  ASSERT_TRUE(film.play());
  ASSERT_EQ(film.remote.ask({Kind::seek, 18s}), "");
  ASSERT_TRUE(eventually([&] { return film.picture.is_white(); }, before_it_plays_there));
  ASSERT_TRUE(eventually([&] { return !film.remote.state().playing; }));
  EXPECT_GT(film.position(), 19s);
  ASSERT_EQ(film.remote.ask({Kind::play}), "");
  EXPECT_TRUE(eventually([&] { return film.picture.is_black(); }));
  EXPECT_TRUE(film.frames.advances());

  ASSERT_EQ(film.remote.ask({Kind::loop, 0s, 1, true}), "");
  ASSERT_EQ(film.remote.ask({Kind::seek, 18s}), "");
  ASSERT_TRUE(eventually([&] { return film.picture.is_white(); }, before_it_plays_there));
  ASSERT_TRUE(eventually([&] { return film.picture.is_black(); }));
  EXPECT_TRUE(film.remote.state().playing);
  EXPECT_NE(film.remote.ask({Kind::next}).find("Nothing comes next"), std::string::npos);
  EXPECT_FALSE(film.viewer.eos());
  EXPECT_EQ(film.viewer.error(), "");
  EXPECT_EQ(publisher.error(), "");
}

TEST_F(PrivatePlayback, ASecondRunBeginsAnew) {
  Sink publisher("", properties());
  const auto pipelines = Pipelines::of(publisher);
  {
    Watching film(publisher.uri());
    ASSERT_TRUE(film.play());
    ASSERT_EQ(film.remote.ask({Kind::seek, 14s}), "");
    publisher.set_state(GST_STATE_READY);
    EXPECT_TRUE(eventually([&] { return pipelines->alive() == 0; }));
  }
  publisher.forget();
  publisher.play();
  auto uri = publisher.field("rtc-ready", "url");
  Watching film("ws" + uri.substr(4));
  ASSERT_TRUE(film.play());
  EXPECT_TRUE(eventually([&] { return film.picture.is_black(); }));
  EXPECT_EQ(pipelines->made(), 2u);
  EXPECT_EQ(publisher.error(), "");
}

namespace {

class PrivateHealing : public PrivatePlayback, public testing::WithParamInterface<bool> {};

}  // namespace

TEST_P(PrivateHealing, AHealedViewerIsWhereItWas) {
  Sink publisher("", properties("max-private=1"));
  const auto pipelines = Pipelines::of(publisher);
  Watching film(publisher.uri());
  const auto held = GetParam() ? Connections::of(publisher, "rtcsink", "viewer-added")
                               : Connections::of(film.viewer, "r", "session-started");
  ASSERT_TRUE(film.play());
  ASSERT_EQ(film.remote.ask({Kind::rate, 0s, 0.125}), "");
  ASSERT_EQ(film.remote.ask({Kind::seek, 12s}), "");
  ASSERT_TRUE(eventually([&] { return film.picture.is_white(); }));
  held->break_first();
  EXPECT_TRUE(eventually(
      [&] { return publisher.messages("rtc-healed") + film.viewer.messages("rtc-healed") > 0; }));
  EXPECT_TRUE(film.frames.advances());
  EXPECT_TRUE(film.picture.is_white());
  EXPECT_TRUE(eventually([&] { return publisher.number("rtcsink", "viewers") == 1; }));
  EXPECT_EQ(pipelines->made(), 1u);
  EXPECT_EQ(film.viewer.error(), "");
  EXPECT_EQ(publisher.error(), "");
}

INSTANTIATE_TEST_SUITE_P(FoundBroken, PrivateHealing, testing::Values(true, false),
                         [](const auto &run) {
                           return run.param ? "ByThePublisher" : "ByTheViewer";
                         });

TEST_F(PrivatePlayback, WrongUseIsOneErrorThatSaysWhatToDo) {
  const auto error_of = [](const std::string &properties, const std::string &sources = "") {
    Pipeline publisher("rtcsink name=rtcsink listen=127.0.0.1:0 " + properties + " " + sources);
    publisher.play();
    return publisher.wait_error();
  };
  const auto uri = "playback-uri=file://" + film_->path();
  EXPECT_NE(error_of(uri).find("set control=playback"), std::string::npos);
  EXPECT_NE(error_of(properties(), Sink::test_video).find("leave out what is linked"),
            std::string::npos);
  EXPECT_NE(error_of("control=playback playback-uri=film.webm").find("is no uri"),
            std::string::npos);
  EXPECT_NE(error_of("control=playback playback-uri=nothing:film").find("reads \"nothing:\""),
            std::string::npos);
  EXPECT_NE(error_of("control=playback playback-uri=file:///nowhere.webm").find("No such file"),
            std::string::npos);
  EXPECT_NE(error_of("control=playback playback-uri=file:///tmp").find("it is a folder"),
            std::string::npos);
}

// Only the data has an end here.
TEST_F(PrivatePlayback, GoesOnWhenADataPadHasEnded) {
  const auto text = film_->path() + ".text";
  g_file_set_contents(text.c_str(), "a word before the film", -1, nullptr);
  Sink publisher("filesrc location=" + text + " ! rtcsink.data_0 ",
                 properties("data_0::data-framing=stream"));
  Source first(publisher.uri(),
               std::string(watch_raw) + " r.data_0 ! fakesink name=words async=false");
  Counter frames(first, "video");
  std::atomic<bool> ended{false};
  PadProbe probe(first.pad("words").get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                 [&](GstPadProbeInfo *info) {
                   if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS)
                     ended = true;
                   Changes::get().change();
                 });
  first.play();
  ASSERT_TRUE(eventually([&] { return ended.load(); }));
  EXPECT_TRUE(frames.advances(60));
  EXPECT_FALSE(publisher.eos());
  Watching second(publisher.uri());
  EXPECT_TRUE(second.play());
  g_remove(text.c_str());
}

// What turns out only when it is played is the viewer's.
TEST_F(PrivatePlayback, ARecordingThatCannotBePlayedEndsTheSessionWithTheReason) {
  const std::string text = film_->path() + ".txt";
  g_file_set_contents(text.c_str(), "no film at all, but words\n", -1, nullptr);
  const std::pair<std::string, const char *> uris[] = {
      {"file://" + text, "The recording"}, {"rtc+ws://127.0.0.1:9/?stream=camera", "is live"}};
  for (const auto &[uri, reason] : uris) {
    Sink publisher("", "control=playback playback-uri=\"" + uri + "\"");
    const auto pipelines = Pipelines::of(publisher);
    Source viewer(publisher.uri(), watch_raw);
    viewer.play();
    EXPECT_NE(viewer.wait_error().find(reason), std::string::npos) << viewer.error();
    EXPECT_TRUE(eventually([&] { return pipelines->alive() == 0 && pipelines->made() > 0; }));
    EXPECT_EQ(publisher.error(), "");
    EXPECT_EQ(publisher.warnings().size(), pipelines->made());
  }
  g_remove(text.c_str());
}
