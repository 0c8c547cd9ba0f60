#include "media/rising_times.hpp"

#include <algorithm>

#include "media/rtp_frame.hpp"
#include "media/rtp_timeline.hpp"

namespace rtc {

namespace {

GstPadProbeReturn pass(GstPad *, GstPadProbeInfo *info, gpointer data) {
  auto *packet = GST_PAD_PROBE_INFO_BUFFER(info);
  uint8_t header[rtp_header_size];
  if (!GST_BUFFER_PTS_IS_VALID(packet) ||
      gst_buffer_extract(packet, 0, header, sizeof header) != sizeof header)
    return GST_PAD_PROBE_OK;
  const auto time = RisingTimes::Time(GST_BUFFER_PTS(packet));
  const auto right =
      static_cast<RisingTimes *>(data)->correct(parse_rtp_header(header).timestamp, time);
  if (right == time) return GST_PAD_PROBE_OK;
  packet = gst_buffer_make_writable(packet);
  GST_BUFFER_PTS(packet) = static_cast<GstClockTime>(right.count());
  GST_PAD_PROBE_INFO_DATA(info) = packet;
  return GST_PAD_PROBE_OK;
}

}  // namespace

RisingTimes::Time RisingTimes::correct(uint32_t timestamp, Time time) {
  if (!newest_) {
    newest_ = {timestamp, time};
    return time;
  }
  const int64_t ticks = static_cast<int32_t>(timestamp - newest_->timestamp);
  const Time ahead(ticks * 1'000'000'000 / clock_rate_);
  constexpr auto reach = RtpTimeline::reach;
  // Frames need not be sent in the order they are shown in.
  if (ahead < Time(0) && ahead >= -reach) return time;
  if (ahead >= Time(0) && ahead <= reach) {
    const auto even = std::min<Time>(newest_->time + ahead / 2, time + lead);
    time = std::max({time, newest_->time, even});
  }
  newest_ = {timestamp, time};
  return time;
}

void keep_times_rising(GstPad *rtp, unsigned clock_rate) {
  gst_pad_add_probe(rtp, GST_PAD_PROBE_TYPE_BUFFER, pass, new RisingTimes(clock_rate),
                    [](gpointer data) { delete static_cast<RisingTimes *>(data); });
}

}  // namespace rtc
