// A pipeline under test: its messages are remembered, so that a wait cannot miss one, and every
// wait is for a state, with a deadline that only a defect reaches.
#pragma once

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/ref.hpp"
#include "support/deadline.hpp"
#include "support/pad_probe.hpp"

namespace rtc::test {

// Waits until `condition` holds; it is asked again at each change() of any pipeline and every 20
// ms.
class Changes {
 public:
  static Changes &get() {
    static Changes changes;
    return changes;
  }
  void change() {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  bool wait(const std::function<bool()> &condition, std::chrono::milliseconds limit = deadline) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

inline bool eventually(const std::function<bool()> &condition,
                       std::chrono::milliseconds limit = deadline) {
  return Changes::get().wait(condition, limit);
}

class Pipeline {
 public:
  explicit Pipeline(const std::string &description) {
    GError *error = nullptr;
    pipeline_ = sink(gst_parse_launch(description.c_str(), &error));
    const ErrorPtr owned(error);
    if (error) ADD_FAILURE() << description << ": " << error->message;
    if (pipeline_ && !GST_IS_PIPELINE(pipeline_.get())) {
      // As gst-launch-1.0 does with an element alone.
      const auto alone = std::exchange(pipeline_, sink(gst_pipeline_new(nullptr)));
      gst_bin_add(GST_BIN(pipeline_.get()), alone.get());
    }
    const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    gst_bus_set_sync_handler(bus.get(), remember, this, nullptr);
  }
  ~Pipeline() {
    stop();
    const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
  }
  Pipeline(const Pipeline &) = delete;

  Pipeline &play() {
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    return *this;
  }
  void stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  void set_state(GstState state) { gst_element_set_state(pipeline_.get(), state); }

  GstElement *get() const { return pipeline_.get(); }
  Ref<GstElement> element(const char *name) const {
    return adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
  }
  Ref<GstPad> pad(const char *element_name, const char *name = "sink") const {
    return adopt(gst_element_get_static_pad(element(element_name).get(), name));
  }
  std::string text(const char *name, const char *property) const {
    gchar *value = nullptr;
    g_object_get(element(name).get(), property, &value, nullptr);
    const CharPtr owned(value);
    return value ? value : "";
  }
  guint number(const char *name, const char *property) const {
    guint value = 0;
    g_object_get(element(name).get(), property, &value, nullptr);
    return value;
  }

  // What the property `stats` of an element says; without fields where its loop has no time.
  StructurePtr stats(const char *name) const {
    GstStructure *stats = nullptr;
    g_object_get(element(name).get(), "stats", &stats, nullptr);
    return StructurePtr(stats);
  }

  // Element messages of that name so far.
  size_t messages(const std::string &name) const {
    std::lock_guard lock(mutex_);
    size_t count = 0;
    for (const auto &message : elements_)
      count += gst_structure_has_name(message.get(), name.c_str());
    return count;
  }
  // One of that name has that text in it.
  bool told(const std::string &name, const std::string &part) const {
    std::lock_guard lock(mutex_);
    for (const auto &message : elements_)
      if (gst_structure_has_name(message.get(), name.c_str()) &&
          std::string(CharPtr(gst_structure_to_string(message.get())).get()).find(part) !=
              std::string::npos)
        return true;
    return false;
  }
  // A string field of the n-th message of that name, waited for.
  std::string field(const std::string &name, const char *field, size_t n = 0) {
    EXPECT_TRUE(wait_message(name, n + 1)) << name;
    std::lock_guard lock(mutex_);
    for (const auto &message : elements_)
      if (gst_structure_has_name(message.get(), name.c_str()) && n-- == 0) {
        const char *value = gst_structure_get_string(message.get(), field);
        return value ? value : "";
      }
    return "";
  }
  bool wait_message(const std::string &name, size_t count = 1,
                    std::chrono::milliseconds limit = deadline) {
    return eventually([&] { return messages(name) >= count; }, limit);
  }
  bool wait_eos(std::chrono::milliseconds limit = deadline) {
    return eventually([&] { return eos(); }, limit);
  }
  bool eos() const {
    std::lock_guard lock(mutex_);
    return eos_;
  }
  // The first error, waited for; empty when none came.
  std::string wait_error() {
    eventually([&] { return !error().empty(); });
    return error();
  }
  std::string error() const {
    std::lock_guard lock(mutex_);
    return errors_.empty() ? "" : errors_[0];
  }
  // As if nothing had been said yet; for another run.
  void forget() {
    std::lock_guard lock(mutex_);
    elements_.clear();
    errors_.clear();
    warnings_.clear();
    requested_ = GST_STATE_VOID_PENDING;
    eos_ = false;
  }
  // What an element asked the application to go to, last; VOID_PENDING: nothing.
  GstState requested_state() const {
    std::lock_guard lock(mutex_);
    return requested_;
  }
  std::vector<std::string> warnings() const {
    std::lock_guard lock(mutex_);
    return warnings_;
  }

 private:
  static GstBusSyncReply remember(GstBus *, GstMessage *message, gpointer data) {
    static_cast<Pipeline *>(data)->remember(message);
    gst_message_unref(message);
    Changes::get().change();
    return GST_BUS_DROP;
  }
  void remember(GstMessage *message) {
    GError *error = nullptr;
    switch (GST_MESSAGE_TYPE(message)) {
      case GST_MESSAGE_ERROR:
        gst_message_parse_error(message, &error, nullptr);
        break;
      case GST_MESSAGE_WARNING:
        gst_message_parse_warning(message, &error, nullptr);
        break;
      default:
        break;
    }
    const ErrorPtr owned(error);
    std::lock_guard lock(mutex_);
    if (error)
      (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR ? errors_ : warnings_)
          .push_back(error->message);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) eos_ = true;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_REQUEST_STATE)
      gst_message_parse_request_state(message, &requested_);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT)
      elements_.emplace_back(gst_structure_copy(gst_message_get_structure(message)));
  }

  Ref<GstElement> pipeline_;
  mutable std::mutex mutex_;  // guards everything below
  std::vector<StructurePtr> elements_;
  std::vector<std::string> errors_;
  std::vector<std::string> warnings_;
  GstState requested_ = GST_STATE_VOID_PENDING;
  bool eos_ = false;
};

// Counts the buffers that pass an element's pad.
class Counter {
 public:
  Counter(const Pipeline &pipeline, const char *element, const char *pad = "sink")
      : probe_(pipeline.pad(element, pad).get(), GST_PAD_PROBE_TYPE_BUFFER,
               [this](GstPadProbeInfo *info) { count(GST_PAD_PROBE_INFO_BUFFER(info)); }) {}

  unsigned count() const { return count_; }
  unsigned keyframes() const { return keyframes_; }
  GstClockTime last_pts() const { return last_pts_; }
  GstClockTime largest_gap() const { return largest_gap_; }
  // `more` buffers came after the call.
  bool advances(unsigned more = 10) {
    const auto before = count();
    return eventually([&] { return count() >= before + more; });
  }

 private:
  void count(GstBuffer *buffer) {
    count_++;
    if (!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)) keyframes_++;
    if (GST_BUFFER_PTS_IS_VALID(buffer)) {
      const auto last = last_pts_.exchange(GST_BUFFER_PTS(buffer));
      if (GST_CLOCK_TIME_IS_VALID(last) && GST_BUFFER_PTS(buffer) > last)
        largest_gap_ = std::max<GstClockTime>(largest_gap_, GST_BUFFER_PTS(buffer) - last);
    }
    Changes::get().change();
  }

  std::atomic<unsigned> count_{0};
  std::atomic<unsigned> keyframes_{0};
  std::atomic<GstClockTime> last_pts_{GST_CLOCK_TIME_NONE};
  std::atomic<GstClockTime> largest_gap_{0};
  PadProbe probe_;
};

class ElementTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    gst_init(nullptr, nullptr);
    for (auto name : {"rtcsink", "webrtcbin", "nicesink", "vp8enc", "opusenc"}) {
      const auto factory = adopt(gst_element_factory_find(name));
      if (factory) continue;
      printf("skipped: the GStreamer element %s is not installed\n", name);
      exit(77);
    }
  }
};

// A publisher on a server of its own on a free port.
class Publisher : public Pipeline {
 public:
  static constexpr auto test_video =
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 ! "
      "rtcsink.video_0 ";
  static constexpr auto test_audio = "audiotestsrc is-live=true ! rtcsink.audio_0 ";

  explicit Publisher(const std::string &sources = std::string(test_video) + test_audio,
                     const std::string &properties = "")
      : Pipeline("rtcsink name=rtcsink listen=127.0.0.1:0 stream=film " + properties + " " +
                 sources) {
    play();
    const auto url = field("rtc-ready", "url");
    if (url.starts_with("http")) uri_ = "ws" + url.substr(4);
  }
  // ws://127.0.0.1:port/
  const std::string &uri() const { return uri_; }

  // Number of encode groups, or of those of one pad.
  size_t groups(const std::string &pad = "") const {
    size_t count = 0;
    for_groups([&](const GstStructure *group) {
      count += pad.empty() || pad == gst_structure_get_string(group, "pad");
    });
    return count;
  }
  bool has_groups(size_t count, const std::string &pad = "") const {
    return eventually([&] { return groups(pad) == count; });
  }
  // What all of them are to make, bits per second.
  unsigned bitrate() const {
    unsigned sum = 0;
    for_groups([&](const GstStructure *group) {
      guint bitrate = 0;
      gst_structure_get_uint(group, "targetBitrate", &bitrate);
      sum += bitrate;
    });
    return sum;
  }

 private:
  void for_groups(const std::function<void(const GstStructure *)> &each) const {
    const auto owned = stats("rtcsink");
    const auto *value = gst_structure_get_value(owned.get(), "groups");
    for (guint i = 0; value && i < gst_value_array_get_size(value); i++)
      each(gst_value_get_structure(gst_value_array_get_value(value, i)));
  }

  std::string uri_;
};

class Receiver : public Pipeline {
 public:
  static constexpr auto both =
      "r.video_0 ! fakesink name=video sync=false  r.audio_0 ! fakesink name=audio sync=false";
  static constexpr auto video_only = "r.video_0 ! fakesink name=video sync=false";

  explicit Receiver(const std::string &uri, const std::string &sinks = both,
                    const std::string &properties = "stream=film")
      : Pipeline("rtcsrc name=r uri=" + uri + " " + properties + " " + sinks) {}
};

}  // namespace rtc::test
