// When the frames of received tracks are, in the application's running time, by their RTP
// timestamps: learned from what webrtcbin's jitter buffer lets out.
//
// Threads: any. Packets are looked at on the sessions' streaming threads.
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "media/rtp_timeline.hpp"

namespace rtc {

class ReceivedTimes {
 public:
  // Learns from the packets of that pad from now on; what another one told of `mid` is void.
  // `offset` makes the pad's running time the application's.
  void follow(GstPad *rtp, const std::string &mid, unsigned clock_rate, GstClockTimeDiff offset);

  struct Moment {
    std::optional<GstClockTime> time;  // nothing: no frame near it is known
    bool passed = false;               // a frame of then or later came
  };
  // Waits so long at most until it has passed.
  Moment wait(const std::string &mid, uint32_t timestamp, milliseconds limit) const;
  void clear();

 private:
  // Outlives the rest for packets that are under way.
  struct Shared {
    std::mutex mutex;  // guards what follows
    std::condition_variable changed;
    std::map<std::string, std::shared_ptr<RtpTimeline>> lines;
  };
  struct Track {
    void look(GstPad *pad, GstBuffer *packet) const;

    std::shared_ptr<Shared> shared;
    std::shared_ptr<RtpTimeline> line;
    GstClockTimeDiff offset;
  };

  static GstPadProbeReturn pass(GstPad *pad, GstPadProbeInfo *info, gpointer data);

  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace rtc
