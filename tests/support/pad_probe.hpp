// A probe that is over when its owner is: gst_pad_remove_probe() does not wait for a call under
// way, which would find its owner gone.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "base/ref.hpp"

namespace rtc::test {

// A member of this kind stands after those that its call uses.
class PadProbe {
 public:
  using Call = std::function<GstPadProbeReturn(GstPad *, GstPadProbeInfo *)>;

  PadProbe(GstPad *pad, GstPadProbeType type, Call call)
      : pad_(share(pad)), state_(std::make_shared<State>()) {
    state_->call = std::move(call);
    id_ = gst_pad_add_probe(pad, type, pass, new std::shared_ptr<State>(state_), [](gpointer data) {
      delete static_cast<std::shared_ptr<State> *>(data);
    });
  }
  // Only looks at what passes.
  PadProbe(GstPad *pad, GstPadProbeType type, std::function<void(GstPadProbeInfo *)> look)
      : PadProbe(pad, type, [look = std::move(look)](GstPad *, GstPadProbeInfo *info) {
          look(info);
          return GST_PAD_PROBE_OK;
        }) {}
  ~PadProbe() { remove(); }
  PadProbe(const PadProbe &) = delete;

  // Not from within the call.
  void remove() {
    if (const auto id = std::exchange(id_, 0)) gst_pad_remove_probe(pad_.get(), id);
    std::lock_guard lock(state_->mutex);
    state_->call = nullptr;
  }

 private:
  struct State {
    std::mutex mutex;  // held during the call
    Call call;
  };
  static GstPadProbeReturn pass(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
    const auto state = *static_cast<std::shared_ptr<State> *>(data);
    std::lock_guard lock(state->mutex);
    return state->call ? state->call(pad, info) : GST_PAD_PROBE_OK;
  }

  const Ref<GstPad> pad_;
  const std::shared_ptr<State> state_;
  gulong id_ = 0;
};

}  // namespace rtc::test
