// The connections that an element makes, for tests that break them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <string_view>

#include "base/find_element.hpp"
#include "base/signal.hpp"
#include "support/pipeline.hpp"

namespace rtc::test {

// The connections of an element, from its signal on.
class Connections : public std::enable_shared_from_this<Connections> {
 public:
  static std::shared_ptr<Connections> of(const Pipeline &pipeline, const char *element,
                                         const char *signal) {
    const auto self = std::make_shared<Connections>();
    const auto watched = pipeline.element(element);
    connect_weak<void(GstElement *, gchar *, gchar *, GstElement *)>(
        watched.get(), signal, std::weak_ptr(self),
        [](Connections &c, GstElement *, gchar *, gchar *, GstElement *w) { c.add(w); });
    return self;
  }
  // Nothing passes the first one any more, either way, and the element notices at once.
  void break_first() {
    silence_first();
    const auto webrtcbin = first();
    GST_ELEMENT_ERROR(webrtcbin.get(), RESOURCE, FAILED, ("broken by the test"), (nullptr));
  }
  // The same, and nobody notices.
  void silence_first() {
    probe_first([](GstPad *, GstPadProbeInfo *, gpointer) { return GST_PAD_PROBE_DROP; });
  }
  // One packet in twenty is lost from now on, of whatever kind.
  void lose_some_of_first() {
    probe_first([](GstPad *, GstPadProbeInfo *, gpointer) {
      static std::atomic<unsigned> count{0};
      thread_local std::mt19937 random(++count);
      return random() % 20 ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
    });
  }

 private:
  void probe_first(GstPadProbeCallback callback) {
    const auto webrtcbin = first();
    for (const auto *name : {"nicesrc", "nicesink"})
      for_each_element(webrtcbin.get(), name, [&](GstElement *element) {
        const auto pad = adopt(gst_element_get_static_pad(
            element, std::string_view(name) == "nicesrc" ? "src" : "sink"));
        gst_pad_add_probe(
            pad.get(), GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
            callback, nullptr, nullptr);
      });
  }
  Ref<GstElement> first() {
    std::lock_guard lock(mutex_);
    return share(first_.get());
  }
  void add(GstElement *webrtcbin) {
    std::lock_guard lock(mutex_);
    if (!first_) first_ = share(webrtcbin);
  }

  std::mutex mutex_;  // guards first_
  Ref<GstElement> first_;
};

}  // namespace rtc::test
