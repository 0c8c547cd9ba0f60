// One track on its way to one viewer: a bounded queue in front of a pad of that viewer's webrtcbin.
// A viewer that does not keep up loses frames up to the next keyframe; nobody else notices. Frames
// come from one encode group, or, while it changes to another, from both: those of the new one
// count from its first keyframe on. To the viewer it is one stream: sequence numbers go on in
// order, and no time stamp goes back.
//
// Threads: set_caps(), start(), await(), pause() and close() on the event loop, offer() on the
// groups' streaming threads, run() on the worker pool.
#pragma once

#include <gst/gst.h>

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/ref.hpp"
#include "media/codec.hpp"
#include "media/parity_stream.hpp"
#include "media/rtp_frame.hpp"
#include "media/rtp_timeline.hpp"
#include "media/worker_pool.hpp"

namespace rtc {

class Outlet : public WorkerPool::Job, public std::enable_shared_from_this<Outlet> {
 public:
  struct Counters {
    uint64_t frames = 0;             // handed to webrtcbin
    uint64_t dropped = 0;            // frames lost because the viewer did not keep up
    uint64_t keyframe_requests = 0;  // PLI and FIR received
    uint64_t bytes = 0;              // RTP without headers
    uint64_t parity_packets = 0;
    uint64_t parity_bytes = 0;  // RTP with headers
  };

  // The group that a frame comes from; 0: none.
  using Source = uint64_t;

  // Called from any thread.
  struct Hooks {
    // The viewer asks for a keyframe or needs one.
    std::function<void(const std::shared_ptr<Outlet> &)> keyframe_wanted;
    // Frames come from the awaited source from now on; may be empty.
    std::function<void(const std::shared_ptr<Outlet> &)> changed;
    // A keyframe leaves, in so many packets from that sequence number on; may be empty.
    std::function<void(guint ssrc, uint16_t first, size_t packets)> keyframe_leaves;
    // A frame is about to leave, once after moment() told of one that was not; may be empty.
    std::function<void()> frame_leaves;
  };

  static std::shared_ptr<Outlet> create(MediaKind kind, Hooks hooks);
  ~Outlet() override;

  // The source pad to link to a sink pad of a webrtcbin.
  GstPad *pad() const { return pad_.get(); }
  MediaKind kind() const { return kind_; }

  // Announces the negotiated caps on the pad; before start().
  void set_caps(GstCaps *caps, const RtpLayout &layout, const FecStream &fec = {});

  // Lets frames of `source` through: first `backlog` (it begins with a keyframe; its frames are
  // shown at once, a moment before the live ones), or from the next keyframe on when it is empty.
  // Called again while flowing it repeats the backlog for a viewer that lost the picture. True when
  // run() is due.
  bool start(Source source, const std::vector<RtpFramePtr> &backlog);

  // Changes to frames of `source` with its next keyframe, and until then stays with those it has; 0
  // or the present one: stays.
  void await(Source source);
  // Frames of that source are of use, now or when its keyframe comes.
  bool takes(Source source) const;
  bool changing() const;
  // Nothing more comes, or not what is awaited, until there is one.
  bool needs_keyframe() const;

  // Takes a frame; true when the caller must schedule this job.
  bool offer(Source source, const RtpFramePtr &frame);

  // Nothing goes out until start().
  void pause();

  // Bits per second that packets leave at, so that a keyframe does not overflow the narrowest queue
  // on its way; 0: as they come. Any thread.
  void pace(double rate) { pacing_ = rate; }

  // Parity packets that leave for each packet, where the viewer takes them. Any thread.
  void protect(double part) { protection_ = part; }

  // No push begins after this; one that is blocked is released.
  void close();

  Counters counters() const;

  // A packet sent not long ago, as the viewer knows it.
  struct Packet {
    guint ssrc = 0;
    uint16_t sequence = 0;
    size_t size = 0;  // of the payload
  };
  // From now on it remembers when frames were and what RTP timestamps they leave with.
  void keep_times();
  // Where that group time is in the stream as the viewer gets it. `passed`: a frame of then or
  // later leaves, or has left.
  struct Moment {
    std::optional<uint32_t> timestamp;
    bool passed = false;
  };
  Moment moment(RtpTimeline::Time time);

  // The largest of the last frames'; to be sent again where the path is to be filled.
  std::optional<Packet> largest_recent() const;

  Duration run() override;

 private:
  enum class State { idle, waiting, flowing, closed };
  struct Entry {
    RtpFramePtr frame;
    int32_t shift;  // RTP ticks
    bool live;      // not of a backlog
  };

  Outlet(MediaKind kind, Hooks hooks);
  static gboolean handle_event(GstPad *pad, GstObject *parent, GstEvent *event);
  static gboolean handle_query(GstPad *pad, GstObject *parent, GstQuery *query);
  bool schedule_locked();
  bool accept_locked(Source source, bool keyframe);
  bool take_next();
  // What protects the frame that has left, and those before.
  bool take_parity();
  // Sends up to `most` packets of what was taken; nothing when the pad refuses.
  std::optional<size_t> send(size_t most);
  bool has_more() const;
  // Until the next burst, where so many packets of this one were of a backlog.
  Duration pause_after(size_t replayed) const;
  void give_up();
  void drop_queue_locked();
  bool is_late_locked() const;
  void enqueue_locked(const RtpFramePtr &frame, int32_t shift, bool live);

  const MediaKind kind_;
  const Hooks hooks_;
  Ref<GstPad> pad_;
  std::atomic<double> pacing_{0};
  std::atomic<double> protection_{0};

  // Worker only, once started.
  std::unique_ptr<RtpRewriter> rewriter_;
  std::unique_ptr<ParityStream> parity_;  // null: the viewer takes none
  Ref<GstBufferList> parity_due_;
  Ref<GstBufferList> taken_;
  guint taken_sent_ = 0;     // packets of it
  bool taken_live_ = false;  // not of a backlog

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  State state_ = State::idle;
  std::deque<Entry> queue_;
  size_t live_queued_ = 0;  // of queue_, frames that are not backlog
  Source source_ = 0;
  Source awaited_ = 0;
  std::optional<uint32_t> last_timestamp_;  // of the last frame that was queued, as sent
  std::optional<uint32_t> floor_;           // what follows a change must come after this
  bool scheduled_ = false;
  TimePoint started_{};
  Counters counters_;
  std::array<Packet, 8> recent_;  // of each of the last frames its first packet
  size_t recent_at_ = 0;
  unsigned clock_rate_ = 0;
  std::optional<RtpTimeline> times_;
  bool frame_awaited_ = false;
};

}  // namespace rtc
