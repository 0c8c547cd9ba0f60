// A viewer behind a link of its own loses its network for good: a new connection is tried, then it
// is let go, and the others do not miss a frame. Needs root: it makes a second namespace joined by
// a veth pair.

#include <cstdlib>
#include <memory>

#include "support/pipeline.hpp"
#include "support/process.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;

namespace {

bool run(const std::string &command) {
  return std::system((command + " 2>/dev/null").c_str()) == 0;
}

class LostNetwork : public ElementTest {
 protected:
  void SetUp() override {
    // This process runs in a mount and network namespace of its own: the names are ours alone.
    if (geteuid() != 0 || !run("mount -t tmpfs tmpfs /run && ip netns add away && ip link add near "
                               "type veth peer name far && "
                               "ip link set far netns away && ip addr add 10.99.0.1/24 dev near && "
                               "ip link set near up && "
                               "ip netns exec away ip addr add 10.99.0.2/24 dev far && ip netns "
                               "exec away ip link set far up"))
      GTEST_SKIP() << "no second network namespace here (root is needed)";
  }
};

}  // namespace

TEST_F(LostNetwork, EndsOnlyThatViewer) {
  Pipeline publisher(
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 ! rtcsink "
      "name=rtcsink "
      "listen=10.99.0.1:8090 stream=film");
  publisher.play();
  const std::string uri = "ws://10.99.0.1:8090/";
  Source stays(uri, Source::video_only);
  Counter frames(stays, "video");
  stays.play();
  ASSERT_TRUE(publisher.wait_message("rtc-viewer-connected", 1));
  auto viewer = gst_launch("rtcsrc uri=" + uri + " stream=film ! fakesink");
  viewer.insert(viewer.begin(), {"ip", "netns", "exec", "away"});
  Process away(viewer);
  ASSERT_TRUE(publisher.wait_message("rtc-viewer-connected", 2));
  ASSERT_TRUE(frames.advances(30));

  ASSERT_TRUE(run("ip netns exec away ip link set far down"));
  ASSERT_TRUE(publisher.wait_message("rtc-viewer-removed", 1, std::chrono::seconds(45)));
  EXPECT_EQ(publisher.number("rtcsink", "viewers"), 1u);
  EXPECT_TRUE(frames.advances(30));
  EXPECT_LT(frames.largest_gap(), 2 * GST_SECOND);
}
