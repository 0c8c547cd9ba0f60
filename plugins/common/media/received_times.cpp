#include "media/received_times.hpp"

#include <algorithm>

#include "base/ref.hpp"
#include "media/rtp_frame.hpp"

namespace rtc {

void ReceivedTimes::follow(GstPad *rtp, const std::string &mid, unsigned clock_rate,
                           GstClockTimeDiff offset) {
  const auto line = std::make_shared<RtpTimeline>(clock_rate);
  {
    std::lock_guard lock(shared_->mutex);
    shared_->lines[mid] = line;
  }
  gst_pad_add_probe(
      rtp, GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST), pass,
      new Track{shared_, line, offset}, [](gpointer data) { delete static_cast<Track *>(data); });
}

GstPadProbeReturn ReceivedTimes::pass(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  const auto &track = *static_cast<Track *>(data);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    track.look(pad, GST_PAD_PROBE_INFO_BUFFER(info));
    return GST_PAD_PROBE_OK;
  }
  auto *list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
  for (guint i = 0; i < gst_buffer_list_length(list); i++)
    track.look(pad, gst_buffer_list_get(list, i));
  return GST_PAD_PROBE_OK;
}

void ReceivedTimes::Track::look(GstPad *pad, GstBuffer *packet) const {
  uint8_t header[rtp_header_size];
  const auto sticky = adopt(gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0));
  if (!GST_BUFFER_PTS_IS_VALID(packet) || !sticky ||
      gst_buffer_extract(packet, 0, header, sizeof header) != sizeof header)
    return;
  const GstSegment *segment = nullptr;
  gst_event_parse_segment(sticky.get(), &segment);
  const auto running =
      gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(packet));
  if (!GST_CLOCK_TIME_IS_VALID(running)) return;
  std::lock_guard lock(shared->mutex);
  line->learn(parse_rtp_header(header).timestamp,
              RtpTimeline::Time(static_cast<int64_t>(running) + offset));
  shared->changed.notify_all();
}

ReceivedTimes::Moment ReceivedTimes::wait(const std::string &mid, uint32_t timestamp,
                                          milliseconds limit) const {
  std::unique_lock lock(shared_->mutex);
  const auto line = [&] {
    const auto found = shared_->lines.find(mid);
    return found == shared_->lines.end() ? nullptr : found->second;
  };
  const auto passed = [&] {
    const auto known = line();
    return known && known->has_passed(timestamp);
  };
  Moment moment;
  moment.passed = shared_->changed.wait_for(lock, limit, passed);
  const auto known = line();
  const auto time = known ? known->time_of(timestamp) : std::nullopt;
  if (time) moment.time = static_cast<GstClockTime>(std::max<int64_t>(time->count(), 0));
  return moment;
}

void ReceivedTimes::clear() {
  std::lock_guard lock(shared_->mutex);
  shared_->lines.clear();
}

}  // namespace rtc
