// A srtpenc whose RTP is protected by us says the same as one left alone.
#include "session/srtp_sender.hpp"

#include <gst/check/gstharness.h>

#include <vector>

#include "media/rtp_frame.hpp"
#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

using Bytes = std::vector<uint8_t>;

struct Harness {
  std::string cipher = "aes-128-icm";
  std::string auth = "hmac-sha1-80";
  bool before_pads = false;  // taken over before it has its pads
  uint8_t numbered = 0;      // id of the extension with the transport-wide number
};

class SrtpSender : public ElementTest {
 protected:
  static GstHarness *make(bool ours, const Harness &with) {
    const auto srtpenc = sink(gst_element_factory_make("srtpenc", nullptr));
    const auto key = adopt(gst_buffer_new_allocate(nullptr, 30, nullptr));
    for (unsigned i = 0; i < 30; i++) {
      const auto byte = static_cast<guint8>(i * 7);
      gst_buffer_fill(key.get(), i, &byte, 1);
    }
    gst_util_set_object_arg(G_OBJECT(srtpenc.get()), "rtp-cipher", with.cipher.c_str());
    gst_util_set_object_arg(G_OBJECT(srtpenc.get()), "rtp-auth", with.auth.c_str());
    g_object_set(srtpenc.get(), "random-key", FALSE, "key", key.get(), nullptr);
    const auto transport = std::make_shared<TransportWide>();
    transport->negotiated(with.numbered);
    if (ours && with.before_pads) take_over_srtp(srtpenc.get(), transport);
    auto *harness = gst_harness_new_with_element(srtpenc.get(), "rtp_sink_0", "rtp_src_0");
    if (ours && !with.before_pads) take_over_srtp(srtpenc.get(), transport);
    gst_harness_set_src_caps_str(harness, "application/x-rtp,media=video,payload=96,ssrc=(uint)1");
    return harness;
  }
  // Header and payload are memories of their own, as in the frames of an encode group.
  static Ref<GstBuffer> packet(uint16_t sequence, guint32 ssrc) {
    auto payload = adopt(gst_buffer_new_allocate(nullptr, 100u + sequence % 50, nullptr));
    gst_buffer_memset(payload.get(), 0, static_cast<guint8>(sequence), static_cast<gsize>(-1));
    const RtpHeader header{true, sequence, 1234, ssrc};
    auto whole = make_packet({header, payload}, header, {96, 1, 2}, 0, 0);
    GST_BUFFER_PTS(whole.get()) = sequence;
    return whole;
  }
  static std::vector<Bytes> all_of(GstHarness *harness) {
    std::vector<Bytes> result;
    while (const auto buffer = adopt(gst_harness_try_pull(harness))) {
      result.emplace_back(gst_buffer_get_size(buffer.get()));
      gst_buffer_extract(buffer.get(), 0, result.back().data(), result.back().size());
      result.back().push_back(static_cast<uint8_t>(GST_BUFFER_PTS(buffer.get())));
    }
    return result;
  }
  // Lists and single packets, two sources, and sequence numbers that begin anew.
  static std::vector<Bytes> run(bool ours, const Harness &with) {
    auto *harness = make(ours, with);
    for (unsigned frame = 0; frame < 5; frame++) {
      auto list = adopt(gst_buffer_list_new());
      for (unsigned i = 0; i < 4; i++)
        gst_buffer_list_add(list.get(),
                            packet(static_cast<uint16_t>(65526 + frame * 4 + i), 1).release());
      EXPECT_EQ(gst_pad_push_list(harness->srcpad, list.release()), GST_FLOW_OK);
      EXPECT_EQ(gst_harness_push(harness, packet(static_cast<uint16_t>(frame), 2).release()),
                GST_FLOW_OK);
    }
    auto result = all_of(harness);
    gst_harness_teardown(harness);
    return result;
  }
};

}  // namespace

TEST_F(SrtpSender, SaysWhatLibsrtpSays) {
  const auto ours = run(true, {});
  EXPECT_EQ(ours.size(), 25u);
  EXPECT_EQ(ours, run(false, {}));
}

TEST_F(SrtpSender, LeavesOtherCiphersToLibsrtp) {
  const Harness short_tag{.auth = "hmac-sha1-32"};
  const auto ours = run(true, short_tag);
  EXPECT_EQ(ours.size(), 25u);
  EXPECT_EQ(ours, run(false, short_tag));
  EXPECT_NE(ours, run(false, {}));
}

TEST_F(SrtpSender, NumbersPacketsOfAllSources) {
  // With id 2 there is another extension, and with 3 none.
  for (const uint8_t id : {1, 2, 3})
    for (const char *auth : {"hmac-sha1-80", "hmac-sha1-32"}) {
      const auto packets = run(true, {.auth = auth, .numbered = id});
      ASSERT_EQ(packets.size(), 25u);
      for (size_t i = 0; i < packets.size(); i++)
        EXPECT_EQ(packets[i][17] << 8 | packets[i][18], id == 1 ? int(i) : 0) << i;
    }
}

// Where libsrtp would stop the connection.
TEST_F(SrtpSender, DropsWhatItCannotProtect) {
  for (const bool before_pads : {false, true}) {
    auto *harness = make(true, {.before_pads = before_pads});
    const auto send = [&](uint16_t sequence) {
      return gst_harness_push(harness, packet(sequence, 1).release());
    };
    EXPECT_EQ(send(5), GST_FLOW_OK);
    EXPECT_EQ(send(5), GST_FLOW_OK);
    EXPECT_EQ(gst_harness_push(harness, gst_buffer_new_allocate(nullptr, 3, nullptr)), GST_FLOW_OK);
    EXPECT_EQ(send(6), GST_FLOW_OK);
    EXPECT_EQ(all_of(harness).size(), 2u);
    gst_harness_teardown(harness);
  }
}
