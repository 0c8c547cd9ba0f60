// One viewer's queue on a path that is full: what still goes out before a keyframe, and what is
// told of it.

#include "media/outlet.hpp"

#include <array>

#include "support/drain.hpp"
#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

constexpr size_t packet_size = 1000;
constexpr auto pause_of_one = milliseconds(4);
constexpr double narrow = 400000;  // 5 packets in 100 ms

class OutletTest : public ElementTest {
 protected:
  OutletTest() { drain.outlet->start(1, {}); }

  RtpFramePtr frame(bool keyframe, unsigned packets) {
    auto result = std::make_shared<RtpFrame>();
    result->layout = {96, 1, 2};
    result->keyframe = keyframe;
    result->list = adopt(gst_buffer_list_new());
    time += 3000;
    for (unsigned i = 0; i < packets; i++) {
      const RtpHeader header{i + 1 == packets, sequence++, time, 1};
      RtpFrame::Packet packet{header,
                              adopt(gst_buffer_new_allocate(nullptr, packet_size, nullptr))};
      gst_buffer_list_add(result->list.get(),
                          make_packet(packet, header, result->layout, 0, 0).release());
      result->packets.push_back(std::move(packet));
    }
    result->bytes = packets * packet_size;
    return result;
  }
  void offer(Outlet::Source source, bool keyframe, unsigned packets) {
    (void)drain.outlet->offer(source, frame(keyframe, packets));
  }
  uint64_t dropped() const { return drain.outlet->counters().dropped; }
  // Everything that waits goes out, whatever the pace.
  void send_all() {
    drain.outlet->pace(0);
    while (drain.outlet->run() > Duration::zero()) {
    }
  }

  Drain drain;
  uint16_t sequence = 100;
  uint32_t time = 0;
};

}  // namespace

TEST_F(OutletTest, AKeyframeReplacesWhatWouldMakeItWait) {
  drain.outlet->pace(narrow);
  offer(1, true, 3);
  offer(1, false, 3);
  EXPECT_EQ(dropped(), 0u);
  offer(1, true, 3);
  EXPECT_EQ(dropped(), 2u);
  send_all();
  EXPECT_EQ(drain.count(), 1u);
}

TEST_F(OutletTest, WhatGoesOutSoonIsKept) {
  drain.outlet->pace(narrow);
  offer(1, true, 2);
  offer(1, false, 2);
  offer(1, true, 2);
  EXPECT_EQ(dropped(), 0u);
  drain.outlet->pace(0);  // a path that takes everything
  for (int i = 0; i < 10; i++) offer(1, false, 10);
  offer(1, true, 10);
  EXPECT_EQ(dropped(), 0u);
}

TEST_F(OutletTest, OldFramesDoNotDelayTheKeyframeThatIsAwaited) {
  drain.outlet->pace(narrow);
  offer(1, true, 6);
  drain.outlet->await(2);
  offer(1, false, 1);
  EXPECT_EQ(dropped(), 1u);
  offer(2, true, 1);
  EXPECT_EQ(drain.changes, 1);
  EXPECT_FALSE(drain.outlet->needs_keyframe());
  EXPECT_EQ(dropped(), 2u) << "nor does what waited";
  send_all();
  EXPECT_EQ(drain.count(), 1u);
}

TEST_F(OutletTest, WhoStaysAfterAllNeedsAKeyframe) {
  drain.outlet->pace(narrow);
  offer(1, true, 6);
  drain.outlet->await(2);
  offer(1, false, 1);
  drain.outlet->await(1);
  EXPECT_FALSE(drain.outlet->changing());
  EXPECT_TRUE(drain.outlet->needs_keyframe());
  offer(1, true, 1);
  EXPECT_FALSE(drain.outlet->needs_keyframe());
}

TEST_F(OutletTest, ParityFollowsItsFrame) {
  const auto caps = rtp_caps(*find_codec("VP8"), 96, 1);
  drain.outlet->set_caps(caps.get(), {96, 1, 2}, {49, 77});
  drain.outlet->protect(0.2);
  drain.outlet->pace(narrow);
  offer(1, true, 10);
  send_all();
  EXPECT_EQ(drain.packets(), 12u);
  EXPECT_EQ(drain.outlet->counters().parity_packets, 2u);
  EXPECT_EQ(drain.outlet->counters().bytes, 10 * packet_size);
  drain.outlet->protect(0);
  offer(1, false, 10);
  send_all();
  EXPECT_EQ(drain.outlet->counters().parity_packets, 2u);
}

TEST_F(OutletTest, TellsWhichPacketsAKeyframeLeavesIn) {
  offer(1, true, 3);
  offer(1, false, 2);
  offer(1, true, 4);
  send_all();
  ASSERT_EQ(drain.sequences.size(), 9u);
  const std::vector<Drain::Keyframe> expected{{1, drain.sequences[0], 3},
                                              {1, drain.sequences[5], 4}};
  EXPECT_EQ(drain.left, expected);
}

class CatchingUp : public OutletTest {
 protected:
  // 100 viewers at once, each with that backlog: the longest that one of them is told to wait.
  Duration wait_of_many(const std::vector<RtpFramePtr> &backlog) {
    Duration longest{};
    for (auto &viewer : viewers) viewer = std::make_unique<Drain>();
    for (const auto &viewer : viewers) {
      viewer->outlet->start(1, backlog);
      longest = std::max(longest, viewer->outlet->run());
    }
    return longest;
  }

  std::array<std::unique_ptr<Drain>, 100> viewers;
};

TEST_F(CatchingUp, ThoseWhoJustCameTakeTurns) {
  EXPECT_GT(wait_of_many({frame(true, 40), frame(false, 1), frame(false, 1)}), pause_of_one);
  EXPECT_EQ(viewers.back()->packets(), 40u) << "the first ones go out at once";
  for (int i = 0; i < 3; i++) offer(1, i == 0, 40);
  EXPECT_EQ(drain.outlet->run(), pause_of_one) << "what is live waits for nobody";
}

TEST_F(CatchingUp, NobodyMissesWhatIsLiveForIt) {
  const std::vector<RtpFramePtr> backlog{frame(true, 40), frame(false, 40), frame(false, 1)};
  EXPECT_GT(wait_of_many(backlog), pause_of_one);
  Drain late;
  late.outlet->start(1, backlog);
  for (int i = 0; i < 50; i++) (void)late.outlet->offer(1, frame(false, 1));
  EXPECT_EQ(late.outlet->run(), pause_of_one);
}
