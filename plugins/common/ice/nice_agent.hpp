// The libnice agent inside a webrtcbin: its options, its candidates, the pair it selects.
//
// Threads: any, unless a function says otherwise.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <string>
#include <vector>

#include "ice/ice_settings.hpp"
#include "ice/selected_pair.hpp"

namespace rtc {

// On a new webrtcbin, before any description.
void set_agent_options(GstElement *webrtcbin, const IceSettings &settings,
                       const std::vector<std::string> &local_addresses);

// Whether there are candidates of this machine's addresses, once a local description is set.
bool has_local_candidates(GstElement *webrtcbin);

// Once ICE is completed.
void end_checks_soon(GstElement *webrtcbin);

// Calls `changed` whenever ICE selects a pair, on a thread of libnice. Its socket gets room for
// bursts.
void watch_pair(GstElement *webrtcbin, std::function<void(SelectedPair)> changed);

// Gives back what was allocated at TURN servers, which else keep it for ten minutes. Waits for
// their answers, up to half a second: not on an event loop.
void release_relays(GstElement *webrtcbin);

}  // namespace rtc
