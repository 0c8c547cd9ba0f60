// One sometimes pad of rtcsrc. It stays while the session behind it may be replaced: media of
// whatever session is attached comes out of it with the running time of the application's pipeline.
//
// Threads: attach(), detach(), end() on the event loop; data passes on the session's streaming
// threads.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/event_loop.hpp"
#include "base/ref.hpp"
#include "control/remote_control.hpp"
#include "media/receive_chain.hpp"

namespace rtc {

class SourcePad : public std::enable_shared_from_this<SourcePad> {
 public:
  struct Hooks {
    std::function<void(Error)> failed;                // on the loop
    std::function<void(std::function<void()>)> post;  // runs a task on the loop; any thread
    std::function<void(std::function<void()>)>
        dispose;                             // runs one that may have to wait, elsewhere
    std::shared_ptr<RemoteControl> control;  // of the publisher; may be null
    // Of what goes out, PTS in running time, which is raw sound where downstream takes that, and
    // of the latency that downstream is told. May be null; called on streaming threads.
    std::function<void(GstBuffer *, GstCaps *)> played;
    std::function<void(GstClockTime)> latency;
  };

  static std::shared_ptr<SourcePad> create(GstPadTemplate *pad_template, const char *name,
                                           MediaKind kind, milliseconds latency, Hooks hooks);
  ~SourcePad();

  GstPad *pad() const { return pad_.get(); }
  MediaKind kind() const { return kind_; }

  // Links the RTP pad of a webrtcbin, as soon as this pad is linked and it is known what downstream
  // takes. `offset` makes the session's running time the application's.
  void attach(const Codec &codec, GstElement *pipeline, const Ref<GstPad> &rtp,
              GstClockTimeDiff offset);
  void detach();
  // EOS downstream.
  void end();
  // What was sent out is void; what comes next goes on in running time.
  void flush();
  // No more data goes out; a push under way is released.
  void stop();

 private:
  struct Bridge;
  struct Media {
    const Codec *codec;
    Ref<GstElement> pipeline;
    Ref<GstPad> rtp;
    GstClockTimeDiff offset;
  };

  SourcePad(MediaKind kind, milliseconds latency, Hooks hooks);
  void link(const Media &media);
  Result<bool> build(const Media &media);
  GstFlowReturn push(Bridge &bridge, GstBuffer *buffer);
  gboolean handle_media_event(Bridge &bridge, GstEvent *event);
  void send_stream_start();
  // Where the buffers from that running time on are in the recording, when that has changed.
  void send_segment(GstClockTime running_time);
  // Tells downstream that nothing came between the last session and this one.
  GstBuffer *begin_anew(GstBuffer *buffer);
  static gboolean handle_event(GstPad *pad, GstObject *parent, GstEvent *event);
  static gboolean handle_query(GstPad *pad, GstObject *parent, GstQuery *query);

  const MediaKind kind_;
  const milliseconds latency_;
  const Hooks hooks_;
  Ref<GstPad> pad_;
  gulong linked_ = 0;
  std::unique_ptr<Media> pending_;  // until this pad is linked

  // Held while a buffer goes out, so that a flush does not come between it and its segment.
  std::recursive_mutex flow_mutex_;
  std::mutex mutex_;  // guards what is attached
  std::shared_ptr<Bridge> bridge_;
  std::string mid_;                   // of what is attached
  std::atomic<bool> started_{false};  // stream-start was sent
  std::atomic<bool> segment_sent_{false};
  RemoteControl::Mapping mapping_;                           // in use; on the streaming thread
  std::atomic<GstClockTime> last_end_{GST_CLOCK_TIME_NONE};  // running time of what came out
  std::atomic<bool> ended_{false};                           // EOS was sent
};

}  // namespace rtc
