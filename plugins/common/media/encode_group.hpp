// One rendition of one input, shared by all the viewers that take it: an encoder (or nothing, for
// encoded input) and a payloader in a pipeline of their own, and the fan-out of their packets. The
// pipeline is apart from the application's: making and removing it never touches that one.
//
// Threads: push() on the input's streaming thread, everything else on the event loop.
#pragma once

#include <gst/app/app.h>
#include <gst/gst.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/reaper.hpp"
#include "media/codec.hpp"
#include "media/encoder.hpp"
#include "media/frame_thinner.hpp"
#include "media/outlet.hpp"
#include "media/rendition.hpp"
#include "media/worker_pool.hpp"

namespace rtc {

class EncodeGroup : public std::enable_shared_from_this<EncodeGroup> {
 public:
  struct Settings {
    const Codec *codec = nullptr;
    const Encoder *encoder = nullptr;  // null: the input is encoded already
    EncoderOptions options;
    Encoding encoding;  // of raw video: size and frame rate
    guint ssrc = 0;
    guint32 timestamp_offset = 0;
    std::function<void(GstElement *)> encoder_setup;  // on the loop, before the encoder starts
    std::function<void()> keyframe_upstream;          // any thread; for encoded input
    std::function<void(Error)> failed;                // any thread
  };

  static Result<std::shared_ptr<EncodeGroup>> create(Settings settings,
                                                     std::shared_ptr<WorkerPool> pool,
                                                     std::shared_ptr<Reaper> reaper);
  ~EncodeGroup();

  const Codec &codec() const { return *settings_.codec; }
  const Encoder *encoder() const { return settings_.encoder; }
  Outlet::Source id() const { return id_; }

  // Takes a sample whose buffer's PTS is group time; copies nothing.
  void push(GstSample *sample);

  // Gives the outlet a picture at once (frames since the last keyframe, where they are few or no
  // encoder can be asked) or with the next keyframe, then every frame.
  void add(const std::shared_ptr<Outlet> &outlet);
  // For an outlet that another group feeds: it changes over with the next keyframe of this one.
  void await(const std::shared_ptr<Outlet> &outlet);
  void remove(const std::shared_ptr<Outlet> &outlet);
  size_t viewers() const;

  // The input's size or frame rate changed, and with it what comes out. Streaming thread of the
  // input, between two push().
  void resize(const Encoding &encoding);

  // Bits per second from now on; nothing where the encoder has no rate or there is none.
  void set_bitrate(unsigned bitrate);
  // What the viewers' paths lose, in percent.
  void set_loss(unsigned percent);
  // Whether silence is left out, for encoders that can (set_encoder_dtx).
  void set_dtx(bool on);

  // The viewer of `outlet` lost the picture or asks for a keyframe (PLI, FIR).
  void refresh(const std::shared_ptr<Outlet> &outlet);

  // Sends what the encoder still holds; true when it came out before the deadline.
  bool drain(milliseconds deadline);
  // drain() was called: nothing more comes out.
  bool ended() const;

 private:
  EncodeGroup(Settings settings, std::shared_ptr<WorkerPool> pool, std::shared_ptr<Reaper> reaper);
  Result<bool> build();
  std::string description() const;
  void connect_callbacks();
  static GstFlowReturn new_sample(GstAppSink *sink, gpointer data);
  static GstPadProbeReturn watch_payloader_input(GstPad *pad, GstPadProbeInfo *info, gpointer data);
  static GstBusSyncReply handle_message(GstBus *bus, GstMessage *message, gpointer data);
  void packet(GstBuffer *buffer, const GstSegment &segment);
  bool is_idle();
  void finish_frame();
  void remember_locked(const RtpFramePtr &frame);
  // The last three tell whether force_keyframe() is due, which is called without the lock.
  bool show_picture_locked(const std::shared_ptr<Outlet> &outlet);
  bool want_keyframe_locked(TimePoint now);
  bool keyframe_due_locked(TimePoint now);
  milliseconds keyframe_pause_locked() const;
  void force_keyframe();

  const Settings settings_;
  const Outlet::Source id_;
  const std::shared_ptr<WorkerPool> pool_;
  const std::shared_ptr<Reaper> reaper_;
  Ref<GstElement> pipeline_;
  Ref<GstElement> source_;
  Ref<GstElement> encoder_element_;
  Ref<GstElement> size_;     // a filter behind the scaler
  bool always_dtx_ = false;  // the application's choice
  FrameThinner thinner_;     // streaming thread of the input

  // Streaming thread of the payloader only.
  std::shared_ptr<RtpFrame> frame_;
  bool next_is_keyframe_ = false;

  mutable std::mutex mutex_;  // guards everything below; taken before an outlet's own
  std::condition_variable drained_;
  bool draining_ = false;
  bool end_of_stream_ = false;
  std::vector<std::shared_ptr<Outlet>> outlets_;
  std::vector<RtpFramePtr> backlog_;  // since the last keyframe; empty: too long or none yet
  size_t backlog_bytes_ = 0;
  TimePoint keyframe_requested_{};
  size_t keyframe_bytes_ = 0;  // of the last one
  unsigned bitrate_ = 0;       // of the encoder
  bool keyframe_wanted_ = false;
};

}  // namespace rtc
