// One data request pad of rtcsink: a ghost pad to a sink that gets nothing but events; buffers go
// to a DataFeed.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>

#include "base/ref.hpp"
#include "data/data_feed.hpp"

namespace rtc {

class DataSinkPad {
 public:
  // Adds the sink to `bin`; the caller adds the ghost pad to the element.
  DataSinkPad(GstBin *bin, GstPadTemplate *pad_template, const char *name,
              std::shared_ptr<DataFeed> feed);
  ~DataSinkPad();
  DataSinkPad(const DataSinkPad &) = delete;

  GstPad *ghost() const { return ghost_.get(); }
  const std::shared_ptr<DataFeed> &feed() const { return shared_->feed; }
  bool ended() const { return shared_->ended; }
  // The properties of the pad become those of the feed; an Error when they contradict each other.
  Result<bool> configure();
  // Back to the state before the first run.
  void rewind();
  // Called on the streaming thread when everything was sent after the end of the stream.
  void on_end(std::function<void()> call) { shared_->on_end = std::move(call); }

 private:
  // Outlives the pad for callbacks that are under way.
  struct Shared {
    std::shared_ptr<DataFeed> feed;
    std::atomic<bool> text{false};  // by the caps
    std::atomic<bool> ended{false};
    std::function<void()> on_end;

    void handle(GstEvent *event);
  };

  static GstPadProbeReturn pass(GstPad *pad, GstPadProbeInfo *info, gpointer data);

  std::shared_ptr<Shared> shared_;
  Ref<GstElement> sink_;
  Ref<GstPad> ghost_;
};

}  // namespace rtc
