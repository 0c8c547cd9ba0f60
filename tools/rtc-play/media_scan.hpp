// Looks at the beginning of a recording: which tracks it has, and what decides whether a browser
// can take them as they are.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "media_facts.hpp"

namespace rtc {

// Blocks until enough was seen, at most `deadline`.
Result<MediaFacts> scan_media(const std::string &uri, milliseconds deadline = seconds(15));

// The text for a user of an error message on the bus, with the remedy where one is known.
Error explain(GstMessage *error);

}  // namespace rtc
