#include "session/early_feedback.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ref.hpp"
#include "base/signal.hpp"

namespace rtc {

namespace {

using Owner = std::shared_ptr<EarlyFeedback>;

constexpr size_t largest = 1500;
// RFC 4585 section 6.1, and the draft: transport layer feedback, of format 15.
constexpr uint8_t feedback_type = 205, feedback_format = 15;
// As dtlsdec numbers them: AES128_CM and HMAC_SHA1_80.
constexpr guint aes_128_cm = 1, hmac_sha1_80 = 2;

// What begins a packet is not encrypted.
bool may_be_feedback(std::span<const uint8_t> packet) {
  return packet.size() >= 8 && packet.size() <= largest && packet[0] >> 6 == 2 &&
         (packet[0] & 0x1f) == feedback_format && packet[1] == feedback_type;
}

}  // namespace

EarlyFeedback::EarlyFeedback(std::shared_ptr<TransportWide> transport)
    : transport_(std::move(transport)) {}

void EarlyFeedback::watch(GstElement *element, const Owner &self) {
  const auto *factory = gst_element_get_factory(element);
  const std::string_view name = factory ? GST_OBJECT_NAME(factory) : "";
  if (name == "dtlsdec") {
    connect_weak<void(GstElement *)>(
        element, "on-key-received", std::weak_ptr(self),
        [](EarlyFeedback &feedback, GstElement *dtlsdec) { feedback.take_key(dtlsdec); });
  } else if (name == "nicesrc") {
    const auto pad = adopt(gst_element_get_static_pad(element, "src"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, pass, new Owner(self),
                      [](gpointer data) { delete static_cast<Owner *>(data); });
  }
}

GstPadProbeReturn EarlyFeedback::pass(GstPad *, GstPadProbeInfo *info, gpointer data) {
  auto *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return GST_PAD_PROBE_OK;
  const bool taken = (*static_cast<Owner *>(data))->take({map.data, map.size});
  gst_buffer_unmap(buffer, &map);
  return taken ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

void EarlyFeedback::take_key(GstElement *dtlsdec) {
  GstBuffer *buffer = nullptr;
  guint cipher = 0, auth = 0;
  g_object_get(dtlsdec, "decoder-key", &buffer, "srtp-cipher", &cipher, "srtp-auth", &auth,
               nullptr);
  const auto key = adopt(buffer);
  srtp::Secret<srtp::master_size> master;
  if (!key || cipher != aes_128_cm || auth != hmac_sha1_80 ||
      gst_buffer_extract(key.get(), 0, master.data(), master.size()) != master.size())
    return;
  use_key(master);
}

void EarlyFeedback::use_key(srtp::Master master) {
  auto opener = srtp::RtcpOpener::create(master);
  std::lock_guard lock(mutex_);
  opener_ = std::move(opener);
}

bool EarlyFeedback::take(std::span<const uint8_t> packet) {
  using Result = srtp::RtcpOpener::Result;
  if (!may_be_feedback(packet)) return false;
  std::array<uint8_t, largest> copy;
  std::copy(packet.begin(), packet.end(), copy.begin());
  srtp::RtcpOpener::Opened opened;
  {
    std::lock_guard lock(mutex_);
    if (!opener_) return false;
    opened = opener_->open({copy.data(), packet.size()});
  }
  // libsrtp has not seen what was taken here, and would let it pass.
  if (opened.result == Result::repeated) return true;
  if (opened.result != Result::opened) return false;
  const auto found = read_transport_reports(opened.rtcp);
  if (!found.alone) return false;
  transport_->tell(found);
  return true;
}

}  // namespace rtc
