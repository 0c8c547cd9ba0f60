// The caps of messages that belong to frames.
#pragma once

#include <gst/gst.h>

#include <optional>

#include "base/ref.hpp"
#include "data/timed_protocol.hpp"

namespace rtc {

std::optional<TimedKind> timed_kind_of(const GstCaps *caps);
Ref<GstCaps> caps_of(TimedKind kind);

}  // namespace rtc
