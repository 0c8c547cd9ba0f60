// The ICE options of a session and the only code that sets them on a webrtcbin.
#pragma once

#include <gst/gst.h>

#include "base/error.hpp"
#include "ice/ice_server.hpp"

namespace rtc {

struct IceSettings {
  IceServers servers;
};

// Sets the options on a new webrtcbin, before any description. Servers that webrtcbin cannot use
// are left out with a warning in the log.
void apply_ice_settings(GstElement *webrtcbin, const IceSettings &settings);

}  // namespace rtc
