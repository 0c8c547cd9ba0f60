// What comes over a data channel before anything is linked to its pad, which keeps it.
#include "support/data_pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {

// The last message that came to an element over the channels that the other side has made.
class Arrivals {
 public:
  // `signal` tells of each connection. The element is gone first.
  void listen_to(const Pipeline &pipeline, const char *element, const char *signal) {
    g_signal_connect(
        pipeline.element(element).get(), signal,
        G_CALLBACK(+[](GstElement *, gchar *, gchar *, GstElement *webrtcbin, gpointer self) {
          g_signal_connect(webrtcbin, "on-data-channel", G_CALLBACK(watch), self);
        }),
        this);
  }
  std::string last() {
    std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  // After the element has taken the message.
  static void watch(GstElement *, GObject *channel, gpointer self) {
    g_signal_connect_after(channel, "on-message-string", G_CALLBACK(arrived), self);
  }
  static void arrived(GObject *, gchar *text, gpointer data) {
    auto *self = static_cast<Arrivals *>(data);
    {
      std::lock_guard lock(self->mutex_);
      self->last_ = text;
    }
    Changes::get().change();
  }

  std::mutex mutex_;  // guards last_
  std::string last_;
};

// Its event loop answers, after all that it was to do before.
void wait_for_loop(const Sink &publisher) {
  gboolean done = TRUE;
  g_signal_emit_by_name(publisher.element("rtcsink").get(), "disconnect-viewer", "nobody", &done);
  EXPECT_FALSE(done);
}

bool has_pad(const Pipeline &pipeline, const char *element, const char *pad) {
  return bool(adopt(gst_element_get_static_pad(pipeline.element(element).get(), pad)));
}

void link(const Pipeline &pipeline, const char *element, const char *pad) {
  ASSERT_TRUE(gst_element_link_pads(pipeline.element(element).get(), pad,
                                    pipeline.element("heard").get(), "sink"));
}

constexpr auto heard_later = " fakesink name=heard sync=false async=false ";

class DataKept : public DataTest {};

}  // namespace

TEST_F(DataKept, WhoLinksLateHearsAll) {
  Arrivals arrivals;
  Sink publisher(app_source("text", "rtcsink.data_0"));
  Source viewer(publisher.uri(), heard_later);
  arrivals.listen_to(viewer, "r", "session-started");
  Heard heard(viewer, "heard");
  viewer.play();
  // Said before the channel is open, a word reaches nobody.
  ASSERT_TRUE(eventually([&] {
    push(publisher, "text", "hello");
    return arrivals.last() == "hello" && has_pad(viewer, "r", "data_0");
  }));
  for (const auto *message : {"first", "second", "third"}) push(publisher, "text", message);
  ASSERT_TRUE(eventually([&] { return arrivals.last() == "third"; }));
  EXPECT_EQ(heard.messages().size(), 0u);
  link(viewer, "r", "data_0");
  ASSERT_TRUE(heard.wait_for("text/x-raw:third"));
  EXPECT_EQ(heard.without(hello), (std::vector<std::string>{"text/x-raw:first", "text/x-raw:second",
                                                            "text/x-raw:third"}));
  EXPECT_EQ(viewer.warnings().size(), 0u);
}

// A mebibyte of them, with what each costs.
TEST_F(DataKept, OfTooManyTheLastOnesAreKept) {
  constexpr unsigned sent = 60;
  constexpr size_t size = 60'000;
  Arrivals arrivals;
  Sink publisher(heard_later, "accept-data=true");
  arrivals.listen_to(publisher, "rtcsink", "viewer-added");
  Heard heard(publisher, "heard");
  Source viewer(publisher.uri(), app_source("text", "r.data_sink_0"));
  viewer.play();
  const auto message = [](unsigned number) {
    return std::to_string(number) + std::string(size, ' ');
  };
  for (unsigned i = 0; i < sent; i++) push(viewer, "text", message(i));
  ASSERT_TRUE(eventually([&] { return arrivals.last() == message(sent - 1); }));
  wait_for_loop(publisher);
  ASSERT_EQ(publisher.warnings().size(), 1u);
  EXPECT_NE(publisher.warnings()[0].find("downstream takes them slower than they come"),
            std::string::npos)
      << publisher.warnings()[0];
  link(publisher, "rtcsink", "data_src_0");
  ASSERT_TRUE(heard.wait_for("text/x-raw:" + message(sent - 1)));
  const auto all = heard.messages();
  ASSERT_EQ(all.size(), 17u);
  for (unsigned i = 0; i < all.size(); i++)
    EXPECT_TRUE(all[i] == "text/x-raw:" + message(sent - 17 + i)) << i;
  EXPECT_EQ(publisher.warnings().size(), 1u);
}
