// Channels that the viewer closes, and what webrtcbin makes of it.

#include "base/find_element.hpp"
#include "support/data_pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {

class DataClosing : public DataTest {
 protected:
  DataClosing() {
    g_signal_connect(publisher.element("rtcsink").get(), "viewer-added", G_CALLBACK(added), this);
  }
  void talk() {
    viewer.play();
    push(viewer, "text", "a word");
    ASSERT_TRUE(heard.wait(1));
  }
  bool no_pads_left() {
    const auto element = publisher.element("rtcsink");
    GST_OBJECT_LOCK(element.get());
    const bool none = !element.get()->srcpads;
    GST_OBJECT_UNLOCK(element.get());
    return none;
  }

  Ref<GstElement> webrtcbin;
  Ref<GObject> channel;    // as the publisher has it
  bool complains = false;  // webrtcbin, when the viewer closes
  std::atomic<bool> complaint_freed = false;

  Sink publisher{"rtcsink.data_src_0 ! fakesink name=heard sync=false async=false ",
                 "accept-data=true"};
  Heard heard{publisher, "heard"};
  Source viewer{publisher.uri(), app_source("text", "r.data_sink_0"),
                "stream=film data_sink_0::label=chat"};

 private:
  static void added(GstElement *, const char *, const char *, GstElement *element,
                    DataClosing *self) {
    self->webrtcbin = share(element);
    g_signal_connect(element, "deep-element-added", G_CALLBACK(watch), self);
    g_signal_connect(element, "on-data-channel", G_CALLBACK(opened), self);
  }
  static void watch(GstBin *, GstBin *, GstElement *element, DataClosing *self) {
    const auto *factory = gst_element_get_factory(element);
    if (factory && GST_OBJECT_NAME(factory) == std::string_view("sctpdec"))
      g_signal_connect(element, "pad-removed", G_CALLBACK(closes), self);
  }
  static void opened(GstElement *, GObject *opened, DataClosing *self) {
    self->channel = share(opened);
  }
  static void freed(gpointer self, GstMiniObject *) {
    static_cast<DataClosing *>(self)->complaint_freed = true;
    Changes::get().change();
  }
  static void closes(GstElement *, GstPad *, DataClosing *self) {
    if (!std::exchange(self->complains, false)) return;
    const auto answering = find_element(self->webrtcbin.get(), "appsrc");
    const ErrorPtr error(g_error_new_literal(GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "failed"));
    auto *message = gst_message_new_error(GST_OBJECT(answering.get()), error.get(), "not-linked");
    gst_mini_object_weak_ref(GST_MINI_OBJECT(message), freed, self);
    gst_element_post_message(answering.get(), message);
  }
};

}  // namespace

// webrtcbin may be answering still when the viewer closes its channel: the answer has nowhere to go
// then, and an element of webrtcbin's complains.
TEST_F(DataClosing, AnEndIsOneWhateverWasUnderWay) {
  complains = true;
  talk();
  end(viewer, "text");
  EXPECT_TRUE(heard.wait_end());
  EXPECT_TRUE(eventually([&] { return no_pads_left(); }));
  EXPECT_EQ(publisher.error(), "");
  // It holds an element of webrtcbin's with what is in it.
  EXPECT_TRUE(complaint_freed);
}

// It may be freed on any thread then.
TEST_F(DataClosing, NobodyCallsAChannelThatIsClosed) {
  talk();
  ASSERT_TRUE(channel);
  GObject *raw = nullptr;
  g_object_get(webrtcbin.get(), "sctp-transport", &raw, nullptr);
  const auto transport = adopt(raw);
  const auto called = [&] {
    return g_signal_handler_find(transport.get(), G_SIGNAL_MATCH_DATA, 0, 0, nullptr, nullptr,
                                 channel.get()) != 0;
  };
  EXPECT_TRUE(called());
  end(viewer, "text");
  EXPECT_TRUE(heard.wait_end());
  EXPECT_TRUE(eventually([&] { return !called(); }));
}
