// Two hundred viewers come and go, half of them killed: descriptors, threads and memory of the
// publisher are back where they were. Another viewer stays all the time and misses nothing.

#include <filesystem>
#include <fstream>
#include <memory>

#include "support/pipeline.hpp"
#include "support/process.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {

constexpr unsigned rounds = 10;
constexpr unsigned viewers_per_round = 20;

struct Usage {
  size_t descriptors = 0;
  size_t threads = 0;
  size_t memory_kb = 0;

  static Usage now() {
    Usage usage;
    for (const auto &entry : std::filesystem::directory_iterator("/proc/self/fd"))
      usage.descriptors += entry.exists() || true;
    for (const auto &entry : std::filesystem::directory_iterator("/proc/self/task"))
      usage.threads += entry.exists() || true;
    std::ifstream rollup("/proc/self/smaps_rollup");
    for (std::string word; rollup >> word;)
      if (word == "Pss:") rollup >> usage.memory_kb;
    return usage;
  }
};

std::string viewers(const std::string &uri) {
  std::string description;
  for (unsigned i = 0; i < viewers_per_round; i++)
    description += "rtcsrc name=r" + std::to_string(i) + " uri=" + uri + " stream=film r" +
                   std::to_string(i) + ".video_0 ! fakesink ";
  return description;
}

class VanishingViewers : public ElementTest {};

}  // namespace

TEST_F(VanishingViewers, LeaveNothingBehind) {
  // The viewer that stays is a process too: its own threads are not to be counted.
  Sink publisher(Sink::test_video, "linger=0");
  Process stays(gst_launch("rtcsrc uri=" + publisher.uri() + " stream=film ! fakesink"));
  ASSERT_TRUE(publisher.wait_message("rtc-viewer-connected", 1));
  const auto only_one = [&] { return publisher.number("rtcsink", "viewers") == 1; };

  Usage before;
  size_t connected = 1;
  for (unsigned round = 0; round < rounds; round++) {
    Process group(gst_launch(viewers(publisher.uri())));
    connected += viewers_per_round;
    ASSERT_TRUE(publisher.wait_message("rtc-viewer-connected", connected, std::chrono::seconds(60)))
        << "round " << round;
    group.kill(round % 2 ? SIGKILL : SIGINT);
    // A killed process that had not read everything breaks its connection as a lost network does.
    ASSERT_TRUE(eventually(only_one, std::chrono::seconds(45))) << "round " << round;
    if (round > 1) continue;
    // The first two rounds fill caches; what they need is what later ones must not exceed.
    size_t last = 0;
    eventually([&] { return std::exchange(last, Usage::now().threads) == Usage::now().threads; });
    before = Usage::now();
  }
  printf("after %u viewers: %zu descriptors, %zu threads, %zu KiB\n", 2 * viewers_per_round,
         before.descriptors, before.threads, before.memory_kb);
  const auto back = [&] {
    const auto now = Usage::now();
    return now.descriptors <= before.descriptors + 5 && now.threads <= before.threads + 2;
  };
  EXPECT_TRUE(eventually(back, std::chrono::seconds(10)));
  const auto after = Usage::now();
  printf("after %u viewers: %zu descriptors, %zu threads, %zu KiB\n", rounds * viewers_per_round,
         after.descriptors, after.threads, after.memory_kb);
  // A leaked webrtcbin is about a megabyte.
  EXPECT_LT(after.memory_kb, before.memory_kb + 40 * 1024);
  EXPECT_EQ(publisher.error(), "");
}
