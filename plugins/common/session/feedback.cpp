#include "session/feedback.hpp"

namespace rtc {

namespace {

// GStreamer takes the system's monotonic clock, as Clock does.
TimePoint time_of(guint64 nanoseconds) {
  return TimePoint(duration_cast<Duration>(std::chrono::nanoseconds(nanoseconds)));
}

}  // namespace

int64_t FeedbackReader::unwrap(uint16_t sequence) {
  if (!last_) {
    last_ = sequence;
    return sequence;
  }
  const auto step = static_cast<int16_t>(sequence - static_cast<uint16_t>(*last_));
  const auto unwrapped = *last_ + step;
  if (step > 0) last_ = unwrapped;
  return unwrapped;
}

TransportFeedback FeedbackReader::read(const GstStructure &event) {
  TransportFeedback feedback;
  const auto *packets = gst_structure_get_value(&event, "packets");
  if (!packets || !g_str_equal(G_VALUE_TYPE_NAME(packets), "GValueArray")) return feedback;
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  auto *array = static_cast<GValueArray *>(g_value_get_boxed(packets));
  for (guint i = 0; array && i < array->n_values; i++) {
    const auto *value = g_value_array_get_nth(array, i);
    const auto *entry = GST_VALUE_HOLDS_STRUCTURE(value) ? gst_value_get_structure(value) : nullptr;
    guint sequence = 0, size = 0;
    guint64 sent = 0, arrived = 0;
    gboolean lost = FALSE;
    if (!entry || !gst_structure_get_uint(entry, "seqnum", &sequence)) continue;
    gst_structure_get_uint(entry, "size", &size);
    gst_structure_get_uint64(entry, "local-ts", &sent);
    gst_structure_get_uint64(entry, "remote-ts", &arrived);
    gst_structure_get_boolean(entry, "lost", &lost);
    // What was sent before the session's memory begins has no time.
    if (!GST_CLOCK_TIME_IS_VALID(sent) || sent == 0) continue;
    const auto newest = last_;
    PacketResult result;
    result.sequence = unwrap(static_cast<uint16_t>(sequence));
    result.sent = time_of(sent);
    result.size = size + packet_overhead;
    if (!lost && GST_CLOCK_TIME_IS_VALID(arrived))
      result.arrival = duration_cast<Duration>(std::chrono::nanoseconds(arrived));
    feedback.gap |= newest && result.sequence > *newest + 1;
    feedback.packets.push_back(result);
  }
  G_GNUC_END_IGNORE_DEPRECATIONS
  return feedback;
}

}  // namespace rtc
