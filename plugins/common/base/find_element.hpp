// Elements inside a bin.
#pragma once

#include "base/ref.hpp"

namespace rtc {

// The first element made by `factory` anywhere in `bin`, or none.
Ref<GstElement> find_element(GstElement *bin, const char *factory);

}  // namespace rtc
