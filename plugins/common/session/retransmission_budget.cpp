#include "session/retransmission_budget.hpp"

#include <algorithm>

#include "base/ref.hpp"
#include "session/repeater.hpp"

namespace rtc {

namespace {
constexpr double packet_bits = 1200 * 8;
constexpr double burst = 0.25;  // seconds of the rate that may be saved up
constexpr double least_burst = 4 * packet_bits;
}  // namespace

void RetransmissionBudget::limit(double rate) {
  std::lock_guard lock(mutex_);
  rate_ = rate;
}

bool RetransmissionBudget::take(TimePoint now) {
  std::lock_guard lock(mutex_);
  if (!rate_) return true;
  const auto most = std::max(*rate_ * burst, least_burst);
  tokens_ =
      filled_ ? tokens_ + *rate_ * std::chrono::duration<double>(now - *filled_).count() : most;
  tokens_ = std::min(tokens_, most);
  filled_ = now;
  if (tokens_ < packet_bits) return false;
  tokens_ -= packet_bits;
  return true;
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
        return (*static_cast<Kept *>(data))->take(Clock::now()) ? GST_PAD_PROBE_OK
                                                                : GST_PAD_PROBE_DROP;
      },
      new Kept(budget), [](gpointer data) { delete static_cast<Kept *>(data); });
}

}  // namespace rtc
