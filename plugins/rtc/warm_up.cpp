#include "warm_up.hpp"

#include <gst/gst.h>

#include <future>
#include <mutex>

#include "base/ref.hpp"

namespace rtc {

namespace {

void load_plugins_and_make_key() {
  // GStreamer 1.22: the first dtlsdec of a process makes an RSA key and a self-signed certificate,
  // which all later ones use.
  const auto decoder = sink(gst_element_factory_make("dtlsdec", nullptr));
  for (auto name :
       {"webrtcbin", "nicesink", "nicesrc", "srtpenc", "srtpdec", "rtpbin", "rtpfunnel",
        "dtlssrtpenc", "dtlssrtpdec", "rtprtxsend", "rtpulpfecenc", "rtpredenc", "clocksync"})
    if (const auto factory = adopt(gst_element_factory_find(name))) {
      const auto loaded = adopt(gst_plugin_feature_load(GST_PLUGIN_FEATURE(factory.get())));
    }
}

std::mutex mutex;  // guards done
std::shared_future<void> done;

}  // namespace

void warm_up() {
  std::lock_guard lock(mutex);
  if (!done.valid()) done = std::async(std::launch::async, load_plugins_and_make_key).share();
}

void finish_warm_up() {
  std::shared_future<void> pending;
  {
    std::lock_guard lock(mutex);
    pending = done;
  }
  if (pending.valid()) pending.wait();
}

}  // namespace rtc
