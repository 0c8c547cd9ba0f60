// A recording that one viewer of rtcsink watches alone: a pipeline of its own, made from a uri,
// with a Playback for its timeline. It begins paused, plays when the viewer is connected, and stays
// at its end. What it sends is raw, for seeks to any frame and renditions that suit the viewer's
// path.
//
// Threads: made and let go on the event loop; states change on the Playback's thread, and the
// pipeline goes on a thread of the reaper.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "playback.hpp"
#include "session/showing.hpp"
#include "sink_pad.hpp"

namespace rtc {

class PrivatePlayback : public Showing, public std::enable_shared_from_this<PrivatePlayback> {
 public:
  struct Settings {
    std::string uri;
    EncodingSettings encoding;
    GstElementClass *pads;                         // whose templates the pads have
    std::shared_ptr<std::atomic<unsigned>> count;  // of those that there are, closing ones too
  };
  struct Hooks {
    // On the event loop, while the viewer is there.
    std::function<void()> ready;
    // `reason`: what the viewer may know of it.
    std::function<void(PrivatePlayback &, const Error &, const std::string &reason)> failed;
    std::function<void(PrivatePlayback &, const std::string &text)> tell;
    std::function<void(const std::shared_ptr<Input> &, const Input::Choice &, const Error &)>
        encoding_failed;
    std::function<void(const std::string &pad, GstElement *encoder)> encoder_setup;
    // On any thread.
    std::function<void(const Error &)> warned;
    std::function<bool(const std::string &session, const std::string &peer)> next;
  };

  // Why it can never be read, as far as that can be told without trying.
  static Result<bool> check(const std::string &uri);

  static Result<std::shared_ptr<PrivatePlayback>> make(EventLoop &loop,
                                                       std::shared_ptr<WorkerPool> pool,
                                                       std::shared_ptr<Reaper> reaper,
                                                       Settings settings, Hooks hooks);
  ~PrivatePlayback() override;
  PrivatePlayback(const PrivatePlayback &) = delete;

  GstElement *pipeline() const { return pipeline_.get(); }
  // Reads the recording.
  void start();
  Playback &playback() { return *playback_; }

  const std::vector<std::shared_ptr<Input>> &inputs() const override { return inputs_; }
  bool ready() const override;
  void begin(const Ref<GstClock> &clock, GstClockTime base_time) override;

 private:
  PrivatePlayback(EventLoop &loop, std::shared_ptr<WorkerPool> pool, std::shared_ptr<Reaper> reaper,
                  Settings settings, Hooks hooks);
  Result<bool> build();
  Playback::Hooks playback_hooks();
  Input::Hooks input_hooks(MediaKind kind);
  Playback::Pads pads() const;

  // Streaming threads.
  void add_track(GstPad *pad);
  Result<bool> connect_track(MediaKind kind, GstPad *pad);
  void tracks_complete();
  void heard(GstMessage *message);
  // Runs it on the event loop, if the viewer is still there.
  void post(std::function<void(PrivatePlayback &)> task);
  // Without a reason the viewer is told the error itself.
  void fail(const Error &error, const std::string &reason = {});
  // The Playback's thread.
  void set_state(GstState state);
  void at_end();

  EventLoop &loop_;
  const std::shared_ptr<WorkerPool> pool_;
  const std::shared_ptr<Reaper> reaper_;
  const Settings settings_;
  const Hooks hooks_;
  std::atomic<bool> closing_{false};
  std::map<MediaKind, std::shared_ptr<Input>> possible_;  // as they were made
  // On uridecodebin's thread, which exposes one set of tracks after the other.
  std::map<MediaKind, GstElement *> converters_;
  bool tracks_known_ = false;  // none of another kind is taken
  // On the event loop only.
  std::vector<std::shared_ptr<Input>> inputs_;
  bool complete_ = false;
  bool begun_ = false;

  mutable std::mutex mutex_;  // guards pads_
  Playback::Pads pads_;
  Ref<GstElement> pipeline_;
  GstElement *tracks_ = nullptr;  // the bin with the ends of its tracks
  std::unique_ptr<Playback> playback_;
};

}  // namespace rtc
