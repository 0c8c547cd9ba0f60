// The element messages about the way that ICE has found: which one, and when it breaks.
#pragma once

#include <gst/gst.h>

#include <string>

#include "base/clock.hpp"
#include "ice/selected_pair.hpp"

namespace rtc {

GstStructure *path_message(const std::string &session, const SelectedPair &path);
GstStructure *healing_message(const std::string &session, const std::string &reason);
GstStructure *healed_message(const std::string &session, milliseconds gap);

}  // namespace rtc
