// What is done to the DTLS elements of a connection before they are freed.

#include "session/dtls_elements.hpp"

#include "base/find_element.hpp"
#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;
using Source = rtc::test::Receiver;
using Sink = rtc::test::Publisher;

namespace {

class DtlsElements : public ElementTest {
 protected:
  static void started(GstElement *, const char *, const char *, GstElement *webrtcbin,
                      Ref<GstElement> *kept) {
    *kept = share(webrtcbin);
  }
  // Whether there is something that it is to be told of.
  static bool listens(const Ref<GstElement> &element) {
    return g_object_get_data(G_OBJECT(element.get()), "GObject-closure-array");
  }
};

}  // namespace

TEST_F(DtlsElements, AListenerIsToldNoMore) {
  const auto speaker = sink(gst_element_factory_make("identity", nullptr)),
             listener = sink(gst_element_factory_make("identity", nullptr));
  int told = 0;
  g_object_set_data(G_OBJECT(listener.get()), "told", &told);
  g_signal_connect_object(speaker.get(), "notify::dump",
                          G_CALLBACK(+[](GObject *, GParamSpec *, GObject *self) {
                            ++*static_cast<int *>(g_object_get_data(self, "told"));
                          }),
                          listener.get(), GConnectFlags(0));
  g_object_set(speaker.get(), "dump", TRUE, nullptr);
  EXPECT_EQ(told, 1);
  disconnect_listener(G_OBJECT(listener.get()));
  g_object_set(speaker.get(), "dump", FALSE, nullptr);
  EXPECT_EQ(told, 1);
}

TEST_F(DtlsElements, AreNotListeningWhenTheyAreFreed) {
  Ref<GstElement> webrtcbin;
  Sink publisher(Sink::test_video);
  Source viewer(publisher.uri(), Source::video_only);
  g_signal_connect(viewer.element("r").get(), "session-started", G_CALLBACK(started), &webrtcbin);
  Counter frames(viewer, "video");
  viewer.play();
  ASSERT_TRUE(frames.advances());
  const auto decoder = find_element(webrtcbin.get(), "dtlsdec"),
             encoder = find_element(webrtcbin.get(), "dtlsenc");
  ASSERT_TRUE(listens(decoder) && listens(encoder));
  viewer.stop();
  EXPECT_TRUE(eventually([&] { return !listens(decoder) && !listens(encoder); }));
}
