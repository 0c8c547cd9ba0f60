// The requests of a control channel that are events of GStreamer, both ways.
#pragma once

#include <optional>

#include "base/ref.hpp"
#include "control/control_protocol.hpp"

namespace rtc {

// Null where no event can be made of it.
Ref<GstEvent> to_event(const NavigationInput &input);
// Booleans, numbers, strings, arrays and objects become fields; the Error names one that cannot.
Result<Ref<GstEvent>> to_event(const CustomInput &input);

// Nothing for an event that no request stands for.
std::optional<NavigationInput> navigation_of(GstEvent *event);

}  // namespace rtc
