// What the tests of data pads share: sources and sinks of messages, files, and the waits for what
// arrives.
#pragma once

#include <gst/app/app.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "support/pipeline.hpp"

namespace rtc::test {

constexpr auto text_caps = "text/x-raw,format=utf8";
constexpr auto binary_caps = "application/octet-stream";
// Of rtcsink's first data pad, and what hears it at rtcsrc.
constexpr auto stream = "data_0::data-framing=stream";
// Longer than a packet that is lost or late holds up a viewer that is well.
const auto patience = std::to_string(std::chrono::milliseconds(deadline).count() / 10);
constexpr auto listen = "r.data_0 ! fakesink name=heard sync=false async=false";

// `pad` with the name of its element: rtcsink.data_0.
inline std::string app_source(const std::string &name, const std::string &pad,
                              const std::string &caps = text_caps) {
  return "appsrc name=" + name + " format=time max-bytes=0 caps=\"" + caps + "\" ! " + pad + " ";
}

inline void push(const Pipeline &pipeline, const char *name, const std::string &message) {
  gst_app_src_push_buffer(GST_APP_SRC(pipeline.element(name).get()),
                          gst_buffer_new_memdup(message.data(), message.size()));
}

inline void end(const Pipeline &pipeline, const char *name) {
  gst_app_src_end_of_stream(GST_APP_SRC(pipeline.element(name).get()));
}

// What comes out of a data pad, each message with the name of its caps.
class Heard {
 public:
  Heard(const Pipeline &pipeline, const char *name)
      : pad_(pipeline.pad(name)),
        probe_(pad_.get(), GST_PAD_PROBE_TYPE_BUFFER,
               [this](GstPadProbeInfo *info) { hear(GST_PAD_PROBE_INFO_BUFFER(info)); }) {}

  std::vector<std::string> messages() {
    std::lock_guard lock(mutex_);
    return messages_;
  }
  bool wait(size_t count) {
    return eventually([&] { return messages().size() >= count; });
  }
  bool has(const std::string &message) {
    const auto all = messages();
    return std::find(all.begin(), all.end(), message) != all.end();
  }
  bool wait_for(const std::string &message) {
    return eventually([&] { return has(message); });
  }
  // The pad has sent EOS.
  bool wait_end() {
    return eventually([&] { return GST_PAD_IS_EOS(pad_.get()); });
  }
  // The messages but those that only asked whether somebody is there.
  std::vector<std::string> without(const std::string &message) {
    auto all = messages();
    std::erase(all, message);
    return all;
  }

 private:
  void hear(GstBuffer *buffer) {
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_READ);
    const auto caps = adopt(gst_pad_get_current_caps(pad_.get()));
    {
      std::lock_guard lock(mutex_);
      messages_.push_back(
          std::string(gst_structure_get_name(gst_caps_get_structure(caps.get(), 0))) + ":" +
          std::string(reinterpret_cast<const char *>(map.data), map.size));
    }
    gst_buffer_unmap(buffer, &map);
    Changes::get().change();
  }

  const Ref<GstPad> pad_;
  std::mutex mutex_;  // guards messages_
  std::vector<std::string> messages_;
  PadProbe probe_;
};

constexpr auto hello = "text/x-raw:hello";
constexpr auto binary_hello = "application/octet-stream:hello";

// The channel opens a little after the connection, and only then is somebody there: sends until it
// is heard.
inline bool wait_for_first(const Pipeline &sender, const char *name, Heard &heard,
                           const std::string &message = "hello") {
  return eventually([&] {
    push(sender, name, message);
    return !heard.messages().empty();
  });
}

inline std::string read_file(const std::string &name) {
  std::ifstream file(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string random_bytes(size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string content(size, 0);
  for (auto &byte : content) byte = static_cast<char>(random());
  return content;
}

// With a folder of its own.
class DataTest : public ElementTest {
 protected:
  void SetUp() override {
    char name[] = "/tmp/rtc-data-XXXXXX";
    folder_ = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string &name) const { return folder_ + "/" + name; }
  std::string make_file(size_t size) {
    const auto content = random_bytes(size);
    std::ofstream(file("sent"), std::ios::binary) << content;
    return content;
  }
  std::string sender(const std::string &pad = "rtcsink.data_0") const {
    return "filesrc blocksize=50000 location=" + file("sent") + " ! " + pad + " ";
  }
  std::string saver(const std::string &name = "got") const {
    return "r.data_0 ! filesink location=" + file(name);
  }

  std::string folder_;
};

}  // namespace rtc::test
