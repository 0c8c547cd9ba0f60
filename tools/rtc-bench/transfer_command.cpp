// rtc-bench transfer: one end of a data channel between rtcsink and rtcsrc, for rtc-bench data
// (data/end.py says what the ends and it tell one another). The sender is told "stream" or
// "messages", their size, and the host to serve signaling on.
#include <gst/gst.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "base/log.hpp"
#include "base/text.hpp"
#include "child_link.hpp"
#include "commands.hpp"

namespace rtc::bench {

namespace {

constexpr auto start_deadline = seconds(20);
using Seconds = std::chrono::duration<double>;

// What came, and the longest time in which nothing did.
class Arrivals {
 public:
  void add(gsize size) {
    std::lock_guard lock(mutex_);
    note_gap();
    bytes_ += size;
  }
  // Since the mark before.
  void mark() {
    const auto json = adopt(json_builder_new());
    {
      std::lock_guard lock(mutex_);
      note_gap();
      json_builder_begin_object(json.get());
      for (const auto &[name, value] :
           {std::pair{"time", Seconds(last_.time_since_epoch()).count()},
            std::pair{"bytes", static_cast<double>(bytes_)}, std::pair{"stall", gap_.count()}}) {
        json_builder_set_member_name(json.get(), name);
        json_builder_add_double_value(json.get(), value);
      }
      json_builder_end_object(json.get());
      gap_ = Seconds(0);
    }
    say(json.get());
  }

 private:
  void note_gap() {
    const auto now = Clock::now();
    gap_ = std::max<Seconds>(gap_, now - last_);
    last_ = now;
  }

  std::mutex mutex_;  // guards everything below
  uint64_t bytes_ = 0;
  TimePoint last_ = Clock::now();
  Seconds gap_{0};
};

GstPadProbeReturn arrived(GstPad *, GstPadProbeInfo *info, gpointer data) {
  static_cast<Arrivals *>(data)->add(gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info)));
  return GST_PAD_PROBE_OK;
}

Result<Ref<GstElement>> launch(const std::string &text) {
  GError *error = nullptr;
  auto pipeline = sink(gst_parse_launch(text.c_str(), &error));
  if (const ErrorPtr owned(error); owned)
    return Error{Error::Kind::missing_element,
                 std::string("rtcsink and rtcsrc cannot be used: ") + owned->message +
                     "; set GST_PLUGIN_PATH to the folder they were built in.",
                 text};
  return pipeline;
}

void say_offer(const std::string &offer) {
  const auto json = adopt(json_builder_new());
  json_builder_begin_object(json.get());
  json_builder_set_member_name(json.get(), "offer");
  json_builder_add_string_value(json.get(), offer.c_str());
  json_builder_end_object(json.get());
  say(json.get());
}

int send(const char *framing, const char *size, const char *host) {
  const auto pipeline = launch(format(
      "fakesrc sizetype=fixed sizemax=%s filltype=nothing ! application/octet-stream ! s.data_0 "
      "rtcsink name=s listen=%s:0 stream=bench data_0::data-framing=%s",
      size, host, framing));
  if (!pipeline) return complain(pipeline.error());
  gst_element_set_state(pipeline->get(), GST_STATE_PLAYING);
  const auto element = adopt(gst_bin_get_by_name(GST_BIN(pipeline->get()), "s"));
  std::string uri;
  for (const auto deadline = Clock::now() + start_deadline; uri.empty() && Clock::now() < deadline;
       std::this_thread::sleep_for(milliseconds(20))) {
    gchar *url = nullptr;
    g_object_get(element.get(), "url", &url, nullptr);
    const CharPtr owned(url);
    if (url && g_str_has_prefix(url, "http")) uri = std::string("ws") + (url + 4);
  }
  if (uri.empty())
    return complain({Error::Kind::failed, "The sender does not start; see GST_DEBUG=2.", host});
  say_offer(uri);
  while (!next_word().empty()) {
  }
  gst_element_set_state(pipeline->get(), GST_STATE_NULL);
  return 0;
}

int receive() {
  const JsonPtr offer(json_from_string(next_word().c_str(), nullptr));
  if (!offer || !JSON_NODE_HOLDS_OBJECT(offer.get()))
    return complain({Error::Kind::settings, "transfer receive waits for an offer.", ""});
  const auto pipeline =
      launch(format("rtcsrc uri=%s name=r r.data_0 ! fakesink name=sink sync=false",
                    json_object_get_string_member(json_node_get_object(offer.get()), "offer")));
  if (!pipeline) return complain(pipeline.error());
  Arrivals arrivals;
  const auto element = adopt(gst_bin_get_by_name(GST_BIN(pipeline->get()), "sink"));
  const auto pad = adopt(gst_element_get_static_pad(element.get(), "sink"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, arrived, &arrivals, nullptr);
  gst_element_set_state(pipeline->get(), GST_STATE_PLAYING);
  while (!next_word().empty()) arrivals.mark();
  gst_element_set_state(pipeline->get(), GST_STATE_NULL);
  return 0;
}

}  // namespace

int transfer_command(int argc, char **argv) {
  const std::string end = argc > 0 ? argv[0] : "";
  become_child();
  gst_init(nullptr, nullptr);
  init_log();
  if (end == "send" && argc == 4) return send(argv[1], argv[2], argv[3]);
  if (end == "receive" && argc == 1) return receive();
  return complain(
      {Error::Kind::settings, "transfer send stream|messages SIZE HOST, or transfer receive", end});
}

}  // namespace rtc::bench
