// Parity beside the video: what comes of it at the other side, and that there is none unasked.

#include <gst/check/gstharness.h>

#include "media/parity_stream.hpp"
#include "session/parity_receiver.hpp"
#include "support/pipeline.hpp"

using namespace rtc;
using namespace rtc::test;

namespace {

constexpr uint8_t parity_type = 49;
const RtpLayout layout{96, 1, 2};

// A rtprtxreceive, as webrtcbin has one, whose output a ParityReceiver looks after.
class ParityReceiving : public ElementTest {
 protected:
  ParityReceiving() {
    ParityReceiver::watch(harness_->element, receiver_);
    receiver_->negotiated(parity_type, {1, 2});
    gst_harness_set_src_caps_str(harness_.get(), "application/x-rtp, media=video, payload=96");
  }

  Ref<GstBufferList> frame(unsigned packets) {
    auto list = adopt(gst_buffer_list_new());
    for (unsigned i = 0; i < packets; i++) {
      const RtpFrame::Packet packet{{}, adopt(gst_buffer_new_allocate(nullptr, 100 + i, nullptr))};
      const RtpHeader header{i + 1 == packets, sequence_++, 3000, 7};
      gst_buffer_list_add(list.get(), make_packet(packet, header, layout, 99, 5).release());
    }
    return list;
  }
  Ref<GstBuffer> parity_of(GstBufferList *packets) {
    const auto list = stream_.frame(packets, 0.02, 0);
    return list ? share(gst_buffer_list_get(list.get(), 0)) : Ref<GstBuffer>();
  }
  // Of each packet that came out, in order.
  std::vector<uint16_t> came() {
    std::vector<uint16_t> sequences;
    while (auto *packet = gst_harness_try_pull(harness_.get())) {
      guint8 header[rtp_header_size] = {};
      gst_buffer_extract(packet, 0, header, sizeof header);
      EXPECT_NE(header[1] & 0x7f, parity_type);
      sequences.push_back(parse_rtp_header(header).sequence);
      gst_buffer_unref(packet);
    }
    return sequences;
  }
  void push(GstBufferList *list, guint i) {
    gst_harness_push(harness_.get(), gst_buffer_ref(gst_buffer_list_get(list, i)));
  }

  const std::unique_ptr<GstHarness, decltype(&gst_harness_teardown)> harness_{
      gst_harness_new("rtprtxreceive"), gst_harness_teardown};
  const std::shared_ptr<ParityReceiver> receiver_ = std::make_shared<ParityReceiver>();
  ParityStream stream_{{parity_type, 8}, layout};
  uint16_t sequence_ = 10;
};

// The field of the one session of an element; 0 before there is one.
uint64_t of_session(const Pipeline &pipeline, const char *element, const char *field) {
  const auto stats = pipeline.stats(element);
  const auto *value = gst_structure_get_value(stats.get(), "sessions");
  if (!value) return 0;
  const auto *sessions = gst_value_get_structure(value);
  uint64_t result = 0;
  if (gst_structure_n_fields(sessions) == 1)
    gst_structure_get_uint64(gst_value_get_structure(gst_structure_get_value(
                                 sessions, gst_structure_nth_field_name(sessions, 0))),
                             field, &result);
  return result;
}

}  // namespace

TEST_F(ParityReceiving, WhatWasLostBeforeTheFirstParityIsMade) {
  const auto sent = frame(120);
  const auto parity = parity_of(sent.get());
  for (guint i = 0; i < 120; i++)
    if (i != 4) push(sent.get(), i);
  EXPECT_EQ(came().size(), 119u);
  gst_harness_push(harness_.get(), gst_buffer_ref(parity.get()));
  EXPECT_EQ(came(), std::vector<uint16_t>{14});
  EXPECT_EQ(receiver_->counters().packets, 1u);
  EXPECT_EQ(receiver_->counters().recovered, 1u);
}

TEST_F(ParityReceiving, AMadePacketIsAsItWasAndComesAtTheTimeOfTheParity) {
  const auto sent = frame(120);
  auto parity = parity_of(sent.get());
  for (guint i = 1; i < 120; i++) push(sent.get(), i);
  (void)came();
  parity = adopt(gst_buffer_make_writable(parity.release()));
  GST_BUFFER_DTS(parity.get()) = 77;
  gst_harness_push(harness_.get(), parity.release());
  const auto made = adopt(gst_harness_try_pull(harness_.get()));
  ASSERT_TRUE(made);
  EXPECT_EQ(GST_BUFFER_DTS(made.get()), 77u);
  RtpBytes bytes(gst_buffer_get_size(made.get())), original(bytes.size());
  gst_buffer_extract(made.get(), 0, bytes.data(), bytes.size());
  EXPECT_EQ(
      gst_buffer_extract(gst_buffer_list_get(sent.get(), 0), 0, original.data(), original.size()),
      bytes.size());
  EXPECT_EQ(bytes, to_protect(original, {1, 2}));
}

TEST_F(ParityReceiving, ItIsTakenOutOfListsToo) {
  const auto sent = frame(120);
  auto list = adopt(gst_buffer_list_new());
  for (guint i = 0; i < 119; i++)
    gst_buffer_list_add(list.get(), gst_buffer_ref(gst_buffer_list_get(sent.get(), i)));
  gst_buffer_list_add(list.get(), parity_of(sent.get()).release());
  // rtprtxreceive passes packets one by one: the list goes out of its pad as a payloader's would.
  const auto pad = adopt(gst_element_get_static_pad(harness_->element, "src"));
  gst_pad_push_list(pad.get(), list.release());
  const auto sequences = came();
  EXPECT_EQ(sequences.size(), 119u);
  EXPECT_EQ(receiver_->counters().packets, 1u);
}

TEST_F(ParityReceiving, NonsenseIsDropped) {
  const auto sent = frame(3);
  for (guint size : {0u, 1u, 19u, 20u, 40u}) {
    const RtpFrame::Packet packet{{}, adopt(gst_buffer_new_allocate(nullptr, size, nullptr))};
    if (size) gst_buffer_memset(packet.payload.get(), 0, 0x15, size);
    gst_harness_push(harness_.get(), make_packet(packet, {}, {parity_type, 1, 2}, 0, 0).release());
  }
  push(sent.get(), 0);
  EXPECT_EQ(came().size(), 1u);
  EXPECT_EQ(receiver_->counters().recovered, 0u);
}

TEST_F(ParityReceiving, WithoutItNothingIsLookedAt) {
  receiver_->negotiated(0, {});
  push(frame(1).get(), 0);
  EXPECT_EQ(came().size(), 1u);
}

using ParityOfAStream = ElementTest;

TEST_F(ParityOfAStream, ComesWhereItIsAskedFor) {
  rtc::test::Publisher publisher(rtc::test::Publisher::test_video, "fec=always");
  rtc::test::Receiver viewer(publisher.uri(), rtc::test::Receiver::video_only);
  viewer.play();
  EXPECT_TRUE(eventually([&] { return of_session(viewer, "r", "fecPacketsReceived") > 5; }));
  EXPECT_GT(of_session(publisher, "rtcsink", "fecPacketsSent"), 5u);
  EXPECT_GT(of_session(publisher, "rtcsink", "fecBytesSent"), 0u);
}

TEST_F(ParityOfAStream, IsNotThereOtherwise) {
  rtc::test::Publisher publisher(rtc::test::Publisher::test_video, "fec=none");
  rtc::test::Receiver viewer(publisher.uri(), rtc::test::Receiver::video_only);
  Counter frames(viewer, "video");
  viewer.play();
  EXPECT_TRUE(frames.advances(30));
  EXPECT_EQ(of_session(publisher, "rtcsink", "fecPacketsSent"), 0u);
  EXPECT_EQ(of_session(viewer, "r", "fecPacketsReceived"), 0u);
}
