// The streams of an SCTP association, which a data channel leaves to the next one when it closes
// (RFC 8831 section 6.7), and what GStreamer 1.22 does wrong then. No version is known that does it
// right.
//
// A channel closes by a reset of its stream: webrtcbin's thread releases a pad of sctpenc. usrsctp
// lets go of its lock while it tells of the answer to a former reset, and a reset that is asked for
// in that moment frees the list of streams that it reads on from there. A stream then stays as good
// as closed, and who opens a channel on it waits in sctpenc for ever, before all others. So no pad
// is released while the sctpdec beside it handles a packet. What stays is a reset that usrsctp had
// put off for data under way and that another channel's sender sets going in that moment.
//
// The peer may use a stream again as soon as both sides have reset it, and webrtcbin, which learns
// of it on its own thread, may have the former channel still: that one is then given the opening of
// the next, and nobody answers. So a packet with such an opening waits until the channel is gone.
//
// The peer may close a channel right after its last message. sctpdec then throws away what waits to
// be taken out of the stream's pad, the opening of the channel too. So a packet with a reset waits
// until the messages before it are taken. (One that usrsctp puts off, since something before it was
// lost, cannot be waited for.)
//
// Stopping takes the pads of sctpdec away while a packet may be making one, whose task is then
// started for a pad that belongs to nothing, and crashes. So no packet is handled any more then.
//
// Threads: any.
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "data/sctp_packet.hpp"

namespace rtc {

class SctpStreams {
 public:
  // `element` is any element that was added to a webrtcbin; others than sctpenc and sctpdec are
  // left alone.
  static void watch(GstElement *element, const std::shared_ptr<SctpStreams> &streams);
  // Every channel of that webrtcbin, from the signal prepare-data-channel on.
  static void add(GstWebRTCDataChannel *channel, const std::shared_ptr<SctpStreams> &streams);
  // Before the elements stop: no packet waits any more, and none that comes is handled.
  void stop();
  // Then: waits for the one that is being handled.
  void settle();

 private:
  static void release(GstElement *encoder, GstPad *pad);
  static GstFlowReturn handle(GstPad *pad, GstObject *parent, GstBuffer *packet);
  void await(GstBuffer *packet);
  void arrives(const EndedMessage &message);
  void taken(uint16_t stream);
  void was_reset(uint16_t stream);
  bool is_stopped();
  // True: the peer closed it.
  bool channel_is_gone(uint16_t stream);
  void watch_stream(GstPad *pad, uint16_t stream, const std::shared_ptr<SctpStreams> &self);

  std::mutex handling_;  // held while a packet is handled or a pad released
  std::mutex mutex_;     // guards what follows
  std::condition_variable changed_;
  std::set<uint16_t> reset_;             // by the peer, and webrtcbin has the channel still
  std::map<uint16_t, int64_t> untaken_;  // messages of a stream
  std::deque<uint32_t> arrived_;         // TSNs of the last ones: what comes again is none
  bool stopped_ = false;
};

}  // namespace rtc
