#include "session/retransmission_budget.hpp"

#include <algorithm>

#include "base/ref.hpp"
#include "session/repeater.hpp"

namespace rtc {

namespace {
constexpr double packet_bits = 1200 * 8;
constexpr double least_burst = 4 * packet_bits;
constexpr double usual = std::chrono::duration<double>(RetransmissionBudget::usual_burst).count();
// What the keyframe superseded is sent again only when so much of the burst is saved up.
constexpr double kept_back = 0.75;
// Nobody asks for older packets, and sequence numbers begin anew.
constexpr auto matters_for = seconds(5);
}  // namespace

void RetransmissionBudget::limit(double rate, Duration round_trip, Duration burst) {
  std::lock_guard lock(mutex_);
  burst_ = std::chrono::duration<double>(burst).count();
  rate_ = rate;
  round_trip_ = round_trip;
}

void RetransmissionBudget::keyframe(guint ssrc, uint16_t first, size_t packets, TimePoint now) {
  std::lock_guard lock(mutex_);
  auto &keyframe = keyframes_[ssrc];
  keyframe.first = first;
  keyframe.left = now;
  keyframe.repeated.assign(packets, std::nullopt);
}

bool RetransmissionBudget::take(guint ssrc, uint16_t sequence, TimePoint now) {
  std::lock_guard lock(mutex_);
  if (!rate_) return true;
  fill_locked(now);
  double needed = packet_bits;
  const auto found = keyframes_.find(ssrc);
  if (found != keyframes_.end() && now - found->second.left < matters_for) {
    auto &[first, left, repeated] = found->second;
    const auto place = static_cast<int16_t>(sequence - first);
    if (place >= 0 && static_cast<size_t>(place) < repeated.size())
      return repeat_locked(repeated[static_cast<size_t>(place)], now);
    if (place < 0) needed = saved_locked(usual) * kept_back;
  }
  if (tokens_ < needed) return false;
  tokens_ -= packet_bits;
  return true;
}

// Asking again before the answer can be there brings nothing.
bool RetransmissionBudget::repeat_locked(std::optional<TimePoint> &repeated, TimePoint now) {
  if (repeated && now - *repeated < round_trip_) return false;
  repeated = now;
  tokens_ = std::max(tokens_ - packet_bits, -saved_locked(usual));
  return true;
}

double RetransmissionBudget::saved_locked(double seconds) const {
  return std::max(*rate_ * seconds, least_burst);
}

void RetransmissionBudget::fill_locked(TimePoint now) {
  const auto most = saved_locked(burst_);
  tokens_ =
      filled_ ? tokens_ + *rate_ * std::chrono::duration<double>(now - *filled_).count() : most;
  tokens_ = std::clamp(tokens_, -saved_locked(usual), most);
  filled_ = now;
}

void RetransmissionBudget::watch(GstElement *rtprtxsend,
                                 const std::shared_ptr<RetransmissionBudget> &budget) {
  const auto pad = adopt(gst_element_get_static_pad(rtprtxsend, "src"));
  using Kept = std::shared_ptr<RetransmissionBudget>;
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      [](GstPad *, GstPadProbeInfo *info, gpointer data) {
        auto *event = GST_PAD_PROBE_INFO_EVENT(info);
        if (!gst_event_has_name(event, "GstRTPRetransmissionRequest") ||
            Repeater::is_request(event))
          return GST_PAD_PROBE_OK;
        guint ssrc = 0, sequence = 0;
        const auto *request = gst_event_get_structure(event);
        gst_structure_get(request, "ssrc", G_TYPE_UINT, &ssrc, "seqnum", G_TYPE_UINT, &sequence,
                          nullptr);
        auto &self = **static_cast<Kept *>(data);
        return self.take(ssrc, static_cast<uint16_t>(sequence), Clock::now()) ? GST_PAD_PROBE_OK
                                                                              : GST_PAD_PROBE_DROP;
      },
      new Kept(budget), [](gpointer data) { delete static_cast<Kept *>(data); });
}

}  // namespace rtc
