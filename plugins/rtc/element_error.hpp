// An Error of the house as an error or warning message of an element.
#pragma once

#include <gst/gst.h>

#include "base/error.hpp"

namespace rtc {

void post_error(GstElement *element, const Error &error);
void post_warning(GstElement *element, const Error &error);

}  // namespace rtc
