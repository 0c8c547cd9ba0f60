// Elements inside a bin.
#pragma once

#include <functional>

#include "base/ref.hpp"

namespace rtc {

// The first element made by `factory` anywhere in `bin`, or none.
Ref<GstElement> find_element(GstElement *bin, const char *factory);

// All of them; some twice where elements come or go meanwhile.
void for_each_element(GstElement *bin, const char *factory,
                      const std::function<void(GstElement *)> &call);

}  // namespace rtc
