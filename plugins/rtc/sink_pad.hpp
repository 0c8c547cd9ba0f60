// One request pad of rtcsink: a ghost pad to an appsink that keeps real time for recorded input and
// hands every sample to an Input.
#pragma once

#include <gst/app/app.h>
#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/ref.hpp"
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
  // Back to the state before the first run.
  void rewind() {
    shared_->ended = false;
    shared_->epoch = GST_CLOCK_TIME_NONE;
  }
  // Called on the streaming thread when the pad's stream has ended and everything was sent.
  void on_end(std::function<void()> call) { shared_->on_end = std::move(call); }
  // The same when a seek makes an ended stream begin again. Both are set before data comes.
  void on_restart(std::function<void()> call) { shared_->on_restart = std::move(call); }

 private:
  // Outlives the pad for callbacks that are under way.
  struct Shared {
    std::shared_ptr<Input> input;
    std::atomic<GstClockTime> epoch{GST_CLOCK_TIME_NONE};
    std::atomic<bool> ended{false};
    std::function<void()> on_end;
    std::function<void()> on_restart;
  };

  static GstFlowReturn new_sample(GstAppSink *sink, gpointer data);
  static void set_renditions(GstPad *ghost, GParamSpec *, gpointer data);
  static GstPadProbeReturn watch_events(GstPad *pad, GstPadProbeInfo *info, gpointer data);

  std::shared_ptr<Shared> shared_;
  Ref<GstElement> appsink_;
  Ref<GstPad> ghost_;
};

}  // namespace rtc
