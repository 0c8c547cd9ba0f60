#include "media/rising_times.hpp"

#include "base/ref.hpp"
#include "media/rtp_frame.hpp"

namespace rtc {

namespace {

// Further from each other than this, timestamps are of different beginnings.
constexpr std::chrono::seconds reach{10};

int clock_rate_of(GstPad *pad) {
  const auto caps = adopt(gst_pad_get_current_caps(pad));
  int rate = 0;
  if (caps) gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "clock-rate", &rate);
  return rate;
}

GstPadProbeReturn pass(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  auto *packet = GST_PAD_PROBE_INFO_BUFFER(info);
  uint8_t header[rtp_header_size];
  const int rate = clock_rate_of(pad);
  if (rate <= 0 || !GST_BUFFER_PTS_IS_VALID(packet) ||
      gst_buffer_extract(packet, 0, header, sizeof header) != sizeof header)
    return GST_PAD_PROBE_OK;
  const auto time = RisingTimes::Time(GST_BUFFER_PTS(packet));
  const auto right = static_cast<RisingTimes *>(data)->correct(parse_rtp_header(header).timestamp,
                                                               time, static_cast<unsigned>(rate));
  if (right == time) return GST_PAD_PROBE_OK;
  packet = gst_buffer_make_writable(packet);
  GST_BUFFER_PTS(packet) = static_cast<GstClockTime>(right.count());
  GST_PAD_PROBE_INFO_DATA(info) = packet;
  return GST_PAD_PROBE_OK;
}

}  // namespace

RisingTimes::Time RisingTimes::correct(uint32_t timestamp, Time time, unsigned clock_rate) {
  if (!newest_) {
    newest_ = {timestamp, time};
    return time;
  }
  const int64_t ticks = static_cast<int32_t>(timestamp - newest_->timestamp);
  const Time ahead(ticks * 1'000'000'000 / clock_rate);
  // Frames need not be sent in the order they are shown in.
  if (ahead < Time(0) && ahead >= -reach) return time;
  if (ahead >= Time(0) && ahead <= reach) time = std::max(time, newest_->time + ahead / 2);
  newest_ = {timestamp, time};
  return time;
}

void keep_times_rising(GstElement *rtpjitterbuffer) {
  const auto pad = adopt(gst_element_get_static_pad(rtpjitterbuffer, "src"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, pass, new RisingTimes,
                    [](gpointer data) { delete static_cast<RisingTimes *>(data); });
}

}  // namespace rtc
