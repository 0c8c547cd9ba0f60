// One data request pad: what comes in goes to a DataFeed. In a bin that is to end when it ends it
// is a ghost pad to a sink that gets nothing but events.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "base/ref.hpp"
#include "data/data_feed.hpp"

namespace rtc {

class DataSinkPad {
 public:
  // Adds the sink to `bin`, which may be null; the caller adds the ghost pad to the element.
  DataSinkPad(GstBin *bin, GstPadTemplate *pad_template, const char *name,
              std::shared_ptr<DataFeed> feed);
  ~DataSinkPad();
  DataSinkPad(const DataSinkPad &) = delete;

  GstPad *ghost() const { return ghost_.get(); }
  const std::shared_ptr<DataFeed> &feed() const { return shared_->feed; }
  bool ended() const { return shared_->ended; }
  // The properties of the pad become those of the feed; an Error when they contradict each other.
  // `waits`: what comes first waits for a peer.
  Result<bool> configure(bool waits);
  bool configured() const { return shared_->configured; }
  // Their peers are different ones.
  bool is_apart_from(const DataSinkPad &other) const;
  // Both are set before data comes, and called on the streaming thread: what the user is to know,
  // and what makes running time group time.
  void on_trouble(std::function<void(const Error &)> failed,
                  std::function<void(const Error &)> warned) {
    shared_->failed = std::move(failed);
    shared_->warned = std::move(warned);
  }
  void set_group_offset(std::function<GstClockTimeDiff()> offset) {
    shared_->group_offset = std::move(offset);
  }
  // Called on the streaming thread before what comes first.
  void on_begin(std::function<void()> call) { shared_->on_begin = std::move(call); }
  // Back to the state before the first run.
  void rewind();
  // Called on the streaming thread when everything was sent after the end of the stream; false: the
  // element does not learn of it.
  void on_end(std::function<bool()> call) { shared_->on_end = std::move(call); }

 private:
  // Outlives the pad for callbacks that are under way.
  struct Shared {
    std::shared_ptr<DataFeed> feed;
    std::atomic<bool> text{false};  // by the caps
    std::atomic<bool> ended{false};
    std::atomic<bool> configured{false};
    std::atomic<bool> synced{false};  // to the frames of another pad
    std::function<void()> on_begin;
    std::function<bool()> on_end;
    std::function<void(const Error &)> failed, warned;
    std::function<GstClockTimeDiff()> group_offset;

    // Streaming thread only.
    GstSegment segment;
    std::optional<TimedKind> kind;
    bool told = false;  // what is wrong with what comes

    // False: the event goes no further.
    bool handle(GstEvent *event);
    bool push(GstBuffer *buffer);
    std::optional<DataStamp> stamp(GstBuffer *buffer);
  };

  static GstPadProbeReturn pass(GstPad *pad, GstPadProbeInfo *info, gpointer data);

  std::shared_ptr<Shared> shared_;
  Ref<GstElement> sink_;
  Ref<GstPad> ghost_;
};

}  // namespace rtc
