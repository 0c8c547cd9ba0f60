// Transport-wide congestion control of a connection
// (draft-holmer-rmcat-transport-wide-cc-extensions-01): the numbers of the packets that leave, and
// the feedback that comes back. Done in place of webrtcbin's RTP session, which took a quarter
// of all that a viewer costs for it: it maps every packet once more, and makes of each feedback a
// tree of structures and an event that all its elements pass on. (What it had sent it also
// remembered for ever when no feedback came.) It stays out of it where the caps of a track lack the
// extension.
//
// Threads: any. Packets are numbered and feedback is told on the connection's streaming threads.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>

#include "congestion/transport_report.hpp"

namespace rtc {

class TransportWide {
 public:
  using Handler = std::function<void(const TransportFeedback &)>;

  // Reads the feedback that comes out of that srtpdec, and keeps it from the RTP session.
  static void watch(GstElement *srtpdec, const std::shared_ptr<TransportWide> &self);

  // The id of the header extension (RFC 8285), the same for all tracks of the connection.
  void negotiated(uint8_t id) { id_ = id; }
  bool is_negotiated() const { return id_; }
  // From now on; nothing: nobody hears it.
  void on_feedback(Handler handler);
  // Numbers an RTP packet that is about to leave, when it has the extension.
  void number(std::span<uint8_t> packet);
  // What feedback was found to say.
  void tell(const TransportReports &found);

 private:
  static GstPadProbeReturn pass(GstPad *pad, GstPadProbeInfo *info, gpointer data);
  bool take(GstBuffer *rtcp);

  std::atomic<uint8_t> id_{0};
  std::mutex mutex_;  // guards what follows
  SentPackets sent_;
  uint16_t next_ = 0;
  TransportReportReader reader_;
  Handler handler_;
};

}  // namespace rtc
