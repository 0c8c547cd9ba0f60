// Pipelines with neither uri nor listen meet on 127.0.0.1:8080, whoever comes first, and survive
// the end of the one that hosts. Runs in a network namespace of its own.

#include <memory>

#include "support/pipeline.hpp"
#include "support/process.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;

namespace {

class MeetingPoint : public ElementTest {
 protected:
  static constexpr auto uri = "ws://127.0.0.1:8080/";

  static std::unique_ptr<Process> publish(const std::string &name) {
    return std::make_unique<Process>(
        gst_launch("videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=15/1 ! "
                   "rtcsink stream=" +
                   name));
  }
  // A new viewer sees frames of the stream within the limit.
  static bool playable(const std::string &name, std::chrono::milliseconds limit) {
    Source viewer(uri, Source::video_only, "stream=" + name);
    Counter frames(viewer, "video");
    viewer.play();
    return eventually([&] { return frames.count() > 5; }, limit);
  }
};

}  // namespace

TEST_F(MeetingPoint, StreamsOutliveTheirHost) {
  std::vector<std::string> names{"one", "two", "three"};
  std::vector<std::unique_ptr<Process>> publishers;
  for (const auto &name : names) publishers.push_back(publish(name));
  for (const auto &name : names) EXPECT_TRUE(playable(name, std::chrono::seconds(20))) << name;

  // Every one of them is killed once; one of the killed is the host. The others are back in 5 s.
  for (size_t killed = 0; killed < names.size(); killed++) {
    publishers[killed]->kill(SIGKILL);
    for (size_t other = 0; other < names.size(); other++)
      if (other != killed) {
        EXPECT_TRUE(playable(names[other], std::chrono::seconds(5)))
            << names[other] << " after " << names[killed];
      }
    publishers[killed] = publish(names[killed]);
    EXPECT_TRUE(playable(names[killed], std::chrono::seconds(20))) << names[killed] << " again";
  }
}
