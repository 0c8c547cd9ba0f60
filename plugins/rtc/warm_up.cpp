#include "warm_up.hpp"

#include <gst/gst.h>

#include <thread>

#include "base/ref.hpp"

namespace rtc {

void warm_up() {
  // Joined at exit: a thread that still makes a key while the libraries are torn down would crash.
  static std::thread thread([] {
    // GStreamer 1.22: the first dtlsdec of a process makes an RSA key and a self-signed
    // certificate, which all later ones use.
    const auto decoder = sink(gst_element_factory_make("dtlsdec", nullptr));
    for (auto name :
         {"webrtcbin", "nicesink", "nicesrc", "srtpenc", "srtpdec", "rtpbin", "rtpfunnel",
          "dtlssrtpenc", "dtlssrtpdec", "rtprtxsend", "rtpulpfecenc", "rtpredenc", "clocksync"})
      if (const auto factory = adopt(gst_element_factory_find(name))) {
        const auto loaded = adopt(gst_plugin_feature_load(GST_PLUGIN_FEATURE(factory.get())));
      }
  });
  static struct Join {
    ~Join() {
      if (thread.joinable()) thread.join();
    }
  } join;
}

}  // namespace rtc
