// The enumerations among rtcsink's properties.
#pragma once

#include <glib-object.h>

namespace rtc {

enum CongestionControl { congestion_control_none, congestion_control_gcc };
GType congestion_control_type();

// Of Protection.
GType protection_type();

// Of ViewerControl.
GType viewer_control_type();

}  // namespace rtc
