#include "session/repeater.hpp"

namespace rtc {

namespace {
constexpr auto mark = "rtc-probe";
}  // namespace

void Repeater::add(GstElement *rtprtxsend) {
  std::lock_guard lock(mutex_);
  pads_.push_back(adopt(gst_element_get_static_pad(rtprtxsend, "src")));
}

Ref<GstEvent> Repeater::request(guint ssrc, guint16 sequence) {
  return adopt(gst_event_new_custom(
      GST_EVENT_CUSTOM_UPSTREAM,
      gst_structure_new("GstRTPRetransmissionRequest", "seqnum", G_TYPE_UINT, guint{sequence},
                        "ssrc", G_TYPE_UINT, ssrc, mark, G_TYPE_BOOLEAN, TRUE, nullptr)));
}

bool Repeater::is_request(GstEvent *event) {
  const auto *structure = gst_event_get_structure(event);
  return structure && gst_structure_has_field(structure, mark);
}

void Repeater::repeat(guint ssrc, guint16 sequence) {
  std::vector<Ref<GstPad>> pads;
  {
    std::lock_guard lock(mutex_);
    pads = pads_;
  }
  for (const auto &pad : pads) gst_pad_send_event(pad.get(), request(ssrc, sequence).release());
}

}  // namespace rtc
