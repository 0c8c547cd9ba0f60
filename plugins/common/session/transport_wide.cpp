#include "session/transport_wide.hpp"

#include "base/ref.hpp"
#include "media/rtp_extension.hpp"
#include "srtp/protector.hpp"

namespace rtc {

namespace {

constexpr size_t network_overhead = 20 + 8;  // IPv4, UDP

}  // namespace

void TransportWide::watch(GstElement *srtpdec, const std::shared_ptr<TransportWide> &self) {
  const auto pad = adopt(gst_element_get_static_pad(srtpdec, "rtcp_src"));
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_BUFFER, pass, new std::shared_ptr<TransportWide>(self),
      [](gpointer data) { delete static_cast<std::shared_ptr<TransportWide> *>(data); });
}

GstPadProbeReturn TransportWide::pass(GstPad *, GstPadProbeInfo *info, gpointer data) {
  auto &self = **static_cast<std::shared_ptr<TransportWide> *>(data);
  return self.take(GST_PAD_PROBE_INFO_BUFFER(info)) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

void TransportWide::on_feedback(Handler handler) {
  std::lock_guard lock(mutex_);
  handler_ = std::move(handler);
}

void TransportWide::number(std::span<uint8_t> packet) {
  const auto id = id_.load(std::memory_order_relaxed);
  const auto place = id ? find_rtp_extension(packet, id) : std::span<uint8_t>();
  if (place.size() != 2) return;
  SentPacket sent;
  sent.size = packet.size() + srtp::tag_size + network_overhead;
  std::lock_guard lock(mutex_);
  place[0] = static_cast<uint8_t>(next_ >> 8);
  place[1] = static_cast<uint8_t>(next_);
  sent_.add(next_++, sent, Clock::now());
}

// True when nobody else needs it.
bool TransportWide::take(GstBuffer *rtcp) {
  GstMapInfo map;
  if (!gst_buffer_map(rtcp, &map, GST_MAP_READ)) return false;
  const auto found = read_transport_reports({map.data, map.size});
  gst_buffer_unmap(rtcp, &map);
  tell(found);
  return found.alone;
}

void TransportWide::tell(const TransportReports &found) {
  for (const auto &report : found.reports) {
    TransportFeedback feedback;
    Handler handler;
    {
      std::lock_guard lock(mutex_);
      const auto lines = reader_.read(report);
      feedback = sent_.join(lines.packets, Clock::now(), lines.whole);
      handler = handler_;
    }
    if (handler && !feedback.packets.empty()) handler(feedback);
  }
}

}  // namespace rtc
