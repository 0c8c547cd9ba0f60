// One request pad of rtcsink: a ghost pad to an appsink that keeps real time for recorded input and
// hands every sample to an Input.
#pragma once

#include <gst/app/app.h>
#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/ref.hpp"
#include "media/echo_canceller.hpp"
#include "media/input.hpp"

namespace rtc {

class SinkPad {
 public:
  // Adds the appsink to `bin`; the caller adds the ghost pad to the element.
  SinkPad(GstBin *bin, GstPadTemplate *pad_template, const char *name,
          std::shared_ptr<Input> input);
  ~SinkPad();
  SinkPad(const SinkPad &) = delete;

  GstPad *ghost() const { return ghost_.get(); }
  // The pad's property; empty: those of the element.
  std::string renditions() const;
  const std::shared_ptr<Input> &input() const { return shared_->input; }
  // The base time at which group time began.
  void set_epoch(GstClockTime epoch) { shared_->epoch = epoch; }
  bool ended() const { return shared_->ended; }
  // The element is a live source as well.
  void need_no_preroll() {
    shared_->prerolls = false;
    g_object_set(appsink_.get(), "async", FALSE, nullptr);
  }
  // What comes in passes it; null: nothing does. Not while data passes.
  void put_before(std::shared_ptr<EchoCanceller> canceller);
  const std::shared_ptr<EchoCanceller> &canceller() const { return canceller_; }
  // A seek may follow its end: encoders wait for it.
  void keep_open() { shared_->kept_open = true; }
  // Whoever sends is told that its stream is over.
  void refuse() { shared_->refusing = true; }
  // It ended, and begins again rather than to tell so.
  bool held() const { return shared_->held; }
  // How often it was flushed.
  unsigned flushes() const { return shared_->flushes; }
  GstElement *appsink() const { return appsink_.get(); }
  // It comes in real time, and nobody can seek in it.
  bool live() const;
  // Back to the state before the first run.
  void rewind() {
    shared_->ended = shared_->held = shared_->refusing = false;
    shared_->epoch = GST_CLOCK_TIME_NONE;
  }
  // Called on the streaming thread when the pad's stream has ended and everything was sent.
  void on_end(std::function<void()> call) { shared_->on_end = std::move(call); }
  // Asked on the streaming thread when the stream has ended: whether it is to begin again.
  void on_hold(std::function<bool()> ask) { shared_->on_hold = std::move(ask); }
  // The same when a seek makes an ended stream begin again. Both are set before data comes.
  void on_restart(std::function<void()> call) { shared_->on_restart = std::move(call); }

 private:
  // Outlives the pad for callbacks that are under way.
  struct Shared {
    std::shared_ptr<Input> input;
    std::atomic<GstClockTime> epoch{GST_CLOCK_TIME_NONE};
    std::atomic<bool> ended{false};
    std::atomic<bool> refusing{false};
    std::atomic<bool> prerolls{true};  // unless the element is live
    std::atomic<bool> held{false};
    std::atomic<bool> kept_open{false};
    std::atomic<unsigned> flushes{0};
    std::function<void()> on_end;
    std::function<bool()> on_hold;
    std::function<void()> on_restart;
  };

  static GstFlowReturn new_sample(GstAppSink *sink, gpointer data);
  static GstFlowReturn new_preroll(GstAppSink *sink, gpointer data);
  static void set_renditions(GstPad *ghost, GParamSpec *, gpointer data);
  static GstPadProbeReturn watch_events(GstPad *pad, GstPadProbeInfo *info, gpointer data);

  std::shared_ptr<Shared> shared_;
  Ref<GstElement> appsink_;
  std::shared_ptr<EchoCanceller> canceller_;
  Ref<GstPad> ghost_;
};

}  // namespace rtc
