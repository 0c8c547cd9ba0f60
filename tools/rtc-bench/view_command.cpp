// rtc-bench view: a process with some viewers of one publisher.
// Says {} when it is ready. Understands
//   join    connects them one after another, says how long each step took
//   count   says what came since the last count
// viewers/pion does the same without GStreamer.
#include <gst/gst.h>

#include <memory>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "child_link.hpp"
#include "commands.hpp"
#include "receiver.hpp"

namespace rtc::bench {

namespace {

constexpr auto join_interval = milliseconds(100);
constexpr auto join_deadline = seconds(15);
// A recording has a keyframe every few seconds; other codecs' are not recognized.
constexpr auto keyframe_deadline = seconds(6);

// The key of the first DTLS element and the loading of plugins are not what is measured here.
void warm_up() {
  for (const char *name : {"dtlsdec", "webrtcbin", "nicesrc", "nicesink", "srtpdec", "srtpenc",
                           "rtpbin", "rtpfunnel", "fakesink"}) {
    const auto element = sink(gst_element_factory_make(name, nullptr));
    if (element) gst_element_set_state(element.get(), GST_STATE_READY);
    if (element) gst_element_set_state(element.get(), GST_STATE_NULL);
  }
}

class Viewers {
 public:
  Viewers(std::string uri, int count, bool at_once)
      : uri_(std::move(uri)), count_(count), at_once_(at_once) {}
  ~Viewers() {
    loop_.call([this] { receivers_.clear(); });
  }

  void join() {
    for (int i = 0; i < count_; i++) {
      loop_.call([this] { receivers_.push_back(std::make_unique<BenchReceiver>(loop_, uri_)); });
      if (!at_once_) std::this_thread::sleep_for(join_interval);
    }
    const auto deadline = Clock::now() + join_deadline;
    for (const auto &receiver : receivers_)
      while (!receiver->receives() && Clock::now() < deadline)
        std::this_thread::sleep_for(milliseconds(5));
    const auto picture_deadline = Clock::now() + keyframe_deadline;
    for (const auto &receiver : receivers_)
      while (receiver->receives() && !receiver->has_picture() && Clock::now() < picture_deadline)
        std::this_thread::sleep_for(milliseconds(5));
    report([](JsonBuilder *json, BenchReceiver &receiver) {
      for (const auto &[stage, time] : receiver.stages()) {
        json_builder_set_member_name(json, stage.c_str());
        json_builder_add_double_value(json, time);
      }
      json_builder_set_member_name(json, "age");
      json_builder_add_double_value(json, receiver.age());
    });
  }

  void count() {
    report([](JsonBuilder *json, BenchReceiver &receiver) {
      const auto counts = receiver.counter().take();
      for (const auto &[name, value] :
           {std::pair{"packets", counts.packets}, std::pair{"lost", counts.lost},
            std::pair{"frames", counts.frames}, std::pair{"bytes", counts.bytes},
            std::pair{"repeated", counts.repeated}}) {
        json_builder_set_member_name(json, name);
        json_builder_add_int_value(json, value);
      }
    });
  }

 private:
  template <typename F>
  void report(F add_members) {
    const auto json = adopt(json_builder_new());
    json_builder_begin_object(json.get());
    json_builder_set_member_name(json.get(), "viewers");
    json_builder_begin_array(json.get());
    for (const auto &receiver : receivers_) {
      json_builder_begin_object(json.get());
      add_members(json.get(), *receiver);
      json_builder_end_object(json.get());
    }
    json_builder_end_array(json.get());
    json_builder_end_object(json.get());
    say(json.get());
  }

  const std::string uri_;
  const int count_;
  const bool at_once_;
  EventLoop loop_{"viewers"};
  std::vector<std::unique_ptr<BenchReceiver>> receivers_;
};

}  // namespace

int view_command(int argc, char **argv) {
  if (argc != 3) return complain({Error::Kind::settings, "view URI COUNT at-once|one-by-one", ""});
  become_child();
  gst_init(nullptr, nullptr);
  init_log();
  warm_up();
  Viewers viewers(argv[0], atoi(argv[1]), std::string(argv[2]) == "at-once");
  const auto ready = adopt(json_builder_new());
  json_builder_begin_object(ready.get());
  json_builder_end_object(ready.get());
  say(ready.get());
  for (auto word = next_word(); !word.empty(); word = next_word()) {
    if (word == "join") viewers.join();
    if (word == "count") viewers.count();
  }
  return 0;
}

}  // namespace rtc::bench
