#include "session/rtp_extensions.hpp"

#include "base/text.hpp"

namespace rtc {

namespace {
constexpr auto transport_cc_uri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
constexpr auto abs_send_time_uri = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
}  // namespace

void add_extensions(GstCaps *caps, const RtpLayout &layout) {
  for (const auto &[id, uri] : {std::pair{layout.transport_cc_id, transport_cc_uri},
                                std::pair{layout.abs_send_time_id, abs_send_time_uri}})
    if (id) gst_caps_set_simple(caps, format("extmap-%d", id).c_str(), G_TYPE_STRING, uri, nullptr);
}

RtpLayout layout_of(const SdpMedia &media, int payload_type) {
  RtpLayout layout{static_cast<uint8_t>(payload_type), 0, 0};
  for (const auto &attribute : media.attributes) {
    if (!attribute.starts_with("extmap:")) continue;
    const auto words = split(attribute.substr(7), ' ');
    const auto id = words.size() < 2 ? 0 : atoi(words[0].c_str());
    if (id < 1 || id > 14) continue;
    if (words[1] == transport_cc_uri) layout.transport_cc_id = static_cast<uint8_t>(id);
    if (words[1] == abs_send_time_uri) layout.abs_send_time_id = static_cast<uint8_t>(id);
  }
  return layout;
}

}  // namespace rtc
