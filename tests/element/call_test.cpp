// rtcpeer: calls between two of them over a server in the test.

#include "base/text.hpp"
#include "support/call_fixture.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

// A call of sound. With begin(), each has heard the other.
struct Talk {
  Talk(const std::string &door_description, const std::string &desk_description)
      : door(door_description), desk(desk_description) {}

  void begin() {
    g_signal_connect(desk.element("p").get(), "session-started", G_CALLBACK(started), this);
    door.play();
    ASSERT_TRUE(door.wait_message("rtc-ready"));
    desk.play();
    ASSERT_TRUE(at_door.hears(1000));
    ASSERT_TRUE(at_desk.hears(400));
  }
  // Both hear, now.
  bool goes_on() { return door_hears.advances(20) && desk_hears.advances(20); }

  static void started(GstElement *, const char *, const char *, GstElement *webrtcbin, Talk *self) {
    self->connections.push_back(share(webrtcbin));
  }

  std::vector<Ref<GstElement>> connections;  // of the desk
  Pipeline door, desk;
  Ear at_door{door}, at_desk{desk};
  Counter door_hears{door, "ear"}, desk_hears{desk, "ear"};
};

// Nothing comes for longer than anything is on its way.
bool falls_silent(const Counter &counter) {
  auto last = counter.count();
  auto since = std::chrono::steady_clock::now();
  return eventually([&] {
    const auto now = std::chrono::steady_clock::now();
    if (std::exchange(last, counter.count()) != last) since = now;
    return now - since > std::chrono::milliseconds(700);
  });
}

}  // namespace

TEST_F(Call, BothHearAndSeeTheOther) {
  Pipeline door(peer("door", tone(400) + picture + hears + sees));
  Pipeline desk(peer("desk", tone(1000) + picture + hears + sees, "peer=door"));
  Ear at_door(door), at_desk(desk);
  Counter door_sees(door, "eye"), desk_sees(desk, "eye");
  door.play();
  wait_ready(door);
  desk.play();
  EXPECT_TRUE(at_door.hears(1000));
  EXPECT_TRUE(at_desk.hears(400));
  EXPECT_TRUE(door_sees.advances());
  EXPECT_TRUE(desk_sees.advances());
  EXPECT_EQ(door.field("rtc-call-incoming", "peer"), "desk");
  EXPECT_EQ(desk.field("rtc-call-started", "peer"), "door");
  EXPECT_TRUE(act(desk, "hang-up", "enough"));
  EXPECT_TRUE(door.wait_eos());
  EXPECT_EQ(door.field("rtc-call-ended", "reason"), "enough");
  EXPECT_TRUE(desk.wait_eos());
  EXPECT_EQ(door.error() + desk.error(), "");
}

// Who offers and who answers.
TEST_F(Call, BothLearnWhatTheirPathTakes) {
  Pipeline door(peer("door", std::string(picture) + sees));
  Pipeline desk(peer("desk", std::string(picture) + sees, "peer=door"));
  door.play();
  wait_ready(door);
  desk.play();
  EXPECT_TRUE(eventually([&] { return knows_its_path(door); }));
  EXPECT_TRUE(eventually([&] { return knows_its_path(desk); }));
}

TEST_F(Call, TheNextCallComesOutOfTheSamePads) {
  Pipeline door(peer("door", tone(400) + hears, "on-end=wait"));
  Ear at_door(door);
  door.play();
  wait_ready(door);
  for (const int frequency : {1000, 700}) {
    Pipeline desk(peer("desk", tone(frequency) + hears, "peer=door"));
    Ear at_desk(desk);
    desk.play();
    EXPECT_TRUE(at_door.hears(frequency));
    EXPECT_TRUE(at_desk.hears(400));
  }
  EXPECT_TRUE(door.wait_message("rtc-call-ended", 2));
  EXPECT_FALSE(door.eos());
}

TEST_F(Call, RunsASecondTime) {
  Pipeline door(peer("door", tone(400) + hears, "on-end=wait"));
  for (int run = 0; run < 2; run++) {
    door.forget();
    door.play();
    wait_ready(door);
    Pipeline desk(peer("desk", tone(1000) + hears, "peer=door"));
    Ear at_desk(desk);
    desk.play();
    EXPECT_TRUE(at_desk.hears(400));
    EXPECT_TRUE(door.wait_message("rtc-call-started"));
    door.set_state(GST_STATE_READY);
    EXPECT_TRUE(desk.wait_eos());
  }
}

TEST_F(Call, BothCallEachOtherAtTheSameTime) {
  for (int round = 0; round < 10; round++) {
    Pipeline left(peer("left", tone(400) + hears, "peer=right"));
    Pipeline right(peer("right", tone(1000) + hears, "peer=left"));
    Ear at_left(left), at_right(right);
    left.play();
    right.play();
    EXPECT_TRUE(at_left.hears(1000));
    EXPECT_TRUE(at_right.hears(400));
    EXPECT_TRUE(left.wait_message("rtc-call-started") && right.wait_message("rtc-call-started"));
    EXPECT_EQ(left.messages("rtc-call-started") + right.messages("rtc-call-started"), 2u);
    EXPECT_EQ(left.error() + right.error(), "");
  }
}

TEST_F(Call, OffersThatCrossAHundredTimes) {
  Talk talk(door("on-end=wait"), desk());
  talk.begin();
  for (int round = 0; round < 100; round++) {
    const auto *what = round % 2 ? "resume" : "hold";
    std::thread other([&] { EXPECT_TRUE(act(talk.door, what)); });
    EXPECT_TRUE(act(talk.desk, what));
    other.join();
  }
  EXPECT_TRUE(talk.goes_on());
  // Both sides still get their offers through.
  for (const auto *side : {&talk.door, &talk.desk}) {
    EXPECT_TRUE(act(*side, "hold"));
    EXPECT_TRUE(falls_silent(talk.door_hears));
    EXPECT_TRUE(falls_silent(talk.desk_hears));
    EXPECT_TRUE(act(*side, "resume"));
    EXPECT_TRUE(talk.goes_on());
  }
  EXPECT_EQ(talk.desk.messages("rtc-call-started"), 1u);
  EXPECT_EQ(talk.desk.messages("rtc-healing") + talk.door.messages("rtc-healing"), 0u);
  EXPECT_EQ(talk.door.warnings().size() + talk.desk.warnings().size(), 0u);
}

TEST_F(Call, HoldStopsBothDirections) {
  Talk talk(door(), desk());
  talk.begin();
  ASSERT_TRUE(act(talk.door, "hold"));
  EXPECT_TRUE(falls_silent(talk.door_hears));
  EXPECT_TRUE(falls_silent(talk.desk_hears));
  ASSERT_TRUE(act(talk.door, "resume"));
  EXPECT_TRUE(talk.goes_on());
}

TEST_F(Call, MuteIsOneWay) {
  Pipeline door(peer("door", tone(400) + hears));
  Pipeline desk(peer("desk", tone(1000) + hears, "peer=door mute-audio=true"));
  Ear at_desk(desk);
  Counter door_hears(door, "ear");
  door.play();
  wait_ready(door);
  desk.play();
  ASSERT_TRUE(at_desk.hears(400));
  EXPECT_TRUE(falls_silent(door_hears));
  EXPECT_EQ(door_hears.count(), 0u);
  g_object_set(desk.element("p").get(), "mute-audio", FALSE, nullptr);
  EXPECT_TRUE(door_hears.advances(20));
}

// The sink of the pictures waits for none of them before sound is heard.
TEST_F(Call, TheCameraIsMutedAlone) {
  Pipeline door(
      peer("door", tone(400) + hears + "p.video_src_0 ! fakesink name=eye sync=false async=false"));
  Pipeline desk(peer("desk", tone(1000) + picture + hears, "peer=door mute-video=true"));
  Ear at_door(door);
  Counter door_hears(door, "ear"), door_sees(door, "eye");
  door.play();
  wait_ready(door);
  desk.play();
  ASSERT_TRUE(at_door.hears(1000));
  EXPECT_TRUE(falls_silent(door_sees));
  EXPECT_EQ(door_sees.count(), 0u);
  g_object_set(desk.element("p").get(), "mute-video", FALSE, nullptr);
  EXPECT_TRUE(door_sees.advances(20));
  g_object_set(desk.element("p").get(), "mute-video", TRUE, nullptr);
  EXPECT_TRUE(falls_silent(door_sees));
  EXPECT_TRUE(door_hears.advances(20));
  g_object_set(desk.element("p").get(), "mute-video", FALSE, nullptr);
  EXPECT_TRUE(door_sees.advances(20));
}

TEST_F(Call, VideoJoinsACallOfAudio) {
  for (const bool by_caller : {true, false}) {
    std::atomic<unsigned> pictures{0};  // outlives those who count
    Talk talk(door(), desk());
    talk.begin();
    auto &from = by_caller ? talk.desk : talk.door;
    auto &to = by_caller ? talk.door : talk.desk;
    g_signal_connect(to.element("p").get(), "pad-added",
                     G_CALLBACK(+[](GstElement *element, GstPad *pad, gpointer count) {
                       if (!g_str_has_prefix(GST_PAD_NAME(pad), "video")) return;
                       auto *eye = gst_element_factory_make("fakesink", nullptr);
                       g_object_set(eye, "sync", FALSE, "async", FALSE, nullptr);
                       gst_bin_add(GST_BIN(GST_ELEMENT_PARENT(element)), eye);
                       gst_element_sync_state_with_parent(eye);
                       const auto target = adopt(gst_element_get_static_pad(eye, "sink"));
                       gst_pad_add_probe(
                           target.get(), GST_PAD_PROBE_TYPE_BUFFER,
                           [](GstPad *, GstPadProbeInfo *, gpointer counter) {
                             (*static_cast<std::atomic<unsigned> *>(counter))++;
                             Changes::get().change();
                             return GST_PAD_PROBE_OK;
                           },
                           count, nullptr);
                       gst_pad_link(pad, target.get());
                     }),
                     &pictures);
    auto *camera = gst_parse_bin_from_description(
        "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1", TRUE,
        nullptr);
    gst_bin_add(GST_BIN(from.get()), camera);
    ASSERT_TRUE(gst_element_link_pads(camera, "src", from.element("p").get(), "video_%u"));
    gst_element_sync_state_with_parent(camera);
    EXPECT_TRUE(eventually([&] { return pictures > 20; })) << (by_caller ? "caller" : "called");
    EXPECT_TRUE(talk.goes_on());
    EXPECT_EQ(from.error() + to.error(), "");
  }
}

TEST_F(Call, ACallIsTakenOrRejected) {
  Pipeline door(peer("door", tone(400) + hears, "auto-answer=false on-end=wait"));
  door.play();
  wait_ready(door);
  {
    Pipeline desk(peer("desk", tone(1000) + hears, "peer=door"));
    desk.play();
    const auto session = door.field("rtc-call-incoming", "session");
    EXPECT_TRUE(act(door, "reject", session.c_str(), "asleep"));
    EXPECT_NE(desk.wait_error().find("door did not take the call: asleep"), std::string::npos)
        << desk.error();
  }
  EXPECT_FALSE(act(door, "accept", "nothing"));
  Pipeline desk(peer("desk", tone(1000) + hears, "peer=door"));
  Ear at_desk(desk);
  desk.play();
  const auto session = door.field("rtc-call-incoming", "session", 1);
  EXPECT_TRUE(act(door, "accept", session.c_str()));
  EXPECT_TRUE(at_desk.hears(400));
}

TEST_F(Call, WhoIsCalledByASecondOneIsBusy) {
  Pipeline door(peer("door", tone(400) + hears));
  Pipeline desk(peer("desk", tone(1000) + hears, "peer=door"));
  Ear at_desk(desk);
  door.play();
  wait_ready(door);
  desk.play();
  ASSERT_TRUE(at_desk.hears(400));
  Pipeline third(peer("third", tone(700) + hears, "peer=door"));
  third.play();
  EXPECT_NE(third.wait_error().find("busy"), std::string::npos) << third.error();
  Counter desk_hears(desk, "ear");
  EXPECT_TRUE(desk_hears.advances(20));
}

TEST_F(Call, ACallToNobodyIsOneClearError) {
  Pipeline other(peer("other", tone(400) + hears));
  other.play();
  wait_ready(other);
  Pipeline desk(peer("desk", tone(1000) + hears, "peer=door call-timeout=300"));
  desk.play();
  EXPECT_EQ(desk.wait_error(),
            "Nobody named door came within 0.3 s. Who can be called here: other.");
}

TEST_F(Call, WhoOnlyListensIsCalled) {
  Pipeline door(peer("door", hears));
  Pipeline desk(peer("desk", tone(1000), "peer=door"));
  Ear at_door(door);
  door.play();
  wait_ready(door);
  desk.play();
  EXPECT_TRUE(at_door.hears(1000));
}

TEST_F(Call, ABrokenPathIsCalledAgain) {
  Talk talk(door(), desk());
  talk.begin();
  ASSERT_EQ(talk.connections.size(), 1u);
  GST_ELEMENT_ERROR(talk.connections[0].get(), RESOURCE, FAILED, ("broken by the test"), (nullptr));
  EXPECT_TRUE(talk.desk.wait_message("rtc-healed"));
  EXPECT_TRUE(talk.door.wait_message("rtc-healed"));
  EXPECT_TRUE(talk.goes_on());
  EXPECT_EQ(talk.door.messages("rtc-call-ended") + talk.desk.messages("rtc-call-ended"), 0u);
}

// A handler of the signal says no before the call is taken by itself.
TEST_F(Call, AHandlerTurnsAwayWhomItLikes) {
  Pipeline door(peer("door", tone(400) + hears, "auto-answer=true on-end=wait"));
  g_signal_connect(
      door.element("p").get(), "incoming-call",
      G_CALLBACK(+[](GstElement *element, const gchar *session, const gchar *name, gpointer) {
        gboolean done = FALSE;
        if (std::string(name) == "stranger")
          g_signal_emit_by_name(element, "reject", session, "unknown here", &done);
      }),
      nullptr);
  Ear at_door(door);
  door.play();
  wait_ready(door);
  {
    Pipeline stranger(peer("stranger", tone(700) + hears, "peer=door"));
    stranger.play();
    EXPECT_NE(stranger.wait_error().find("door did not take the call: unknown here"),
              std::string::npos)
        << stranger.error();
  }
  EXPECT_EQ(door.messages("rtc-call-started"), 0u);
  Pipeline desk(peer("desk", tone(1000) + hears, "peer=door"));
  desk.play();
  EXPECT_TRUE(at_door.hears(1000));
  EXPECT_EQ(door.field("rtc-call-incoming", "peer", 1), "desk");
}

TEST_F(Call, TheApplicationCallsOneAfterTheOther) {
  Pipeline door(peer("door", tone(400) + hears)), gate(peer("gate", tone(700) + hears));
  Pipeline desk(peer("desk", tone(1000) + hears, "on-end=wait"));
  Ear at_door(door), at_gate(gate), at_desk(desk);
  for (auto *pipeline : {&door, &gate, &desk}) {
    pipeline->play();
    wait_ready(*pipeline);
  }
  EXPECT_FALSE(act(desk, "hang-up", "nobody"));
  ASSERT_TRUE(act(desk, "call", "door"));
  EXPECT_FALSE(act(desk, "call", "gate"));
  EXPECT_TRUE(at_desk.hears(400));
  EXPECT_TRUE(at_door.hears(1000));
  ASSERT_TRUE(act(desk, "hang-up", "the next one"));
  EXPECT_TRUE(door.wait_eos());
  ASSERT_TRUE(act(desk, "call", "gate"));
  EXPECT_TRUE(at_desk.hears(700));
  EXPECT_TRUE(at_gate.hears(1000));
  EXPECT_EQ(desk.field("rtc-call-started", "peer", 1), "gate");
}

// The time is also that of the one who answers.
TEST_F(Call, AfterACallToNobodyThereIsAnother) {
  Pipeline gate(peer("gate", tone(700) + hears));
  const auto limit = std::chrono::seconds(deadline / 5).count();
  Pipeline desk(
      peer("desk", tone(1000) + hears, format("on-end=wait call-timeout=%d", int(limit) * 1000)));
  Ear at_gate(gate), at_desk(desk);
  for (auto *pipeline : {&gate, &desk}) {
    pipeline->play();
    wait_ready(*pipeline);
  }
  ASSERT_TRUE(act(desk, "call", "door"));
  ASSERT_TRUE(eventually([&] { return !desk.warnings().empty(); }));
  EXPECT_EQ(
      desk.warnings()[0],
      format("Nobody named door came within %d s. Who can be called here: gate.", int(limit)));
  ASSERT_TRUE(act(desk, "call", "gate"));
  EXPECT_TRUE(at_desk.hears(700));
  EXPECT_TRUE(at_gate.hears(1000));
  EXPECT_EQ(desk.error(), "");
}
