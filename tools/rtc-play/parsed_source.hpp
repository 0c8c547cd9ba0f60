// A bin that reads a URI and gives its parsed, still encoded streams.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <string>

#include "base/error.hpp"

namespace rtc {

// A stream is there, on a streaming thread. The pad is inside `bin`: what it is linked to goes into
// `bin` too. Nothing flows from any stream of a recording before all of them were announced.
using StreamAdded = std::function<void(GstBin *bin, GstPad *pad)>;

// A floating GstBin, or an Error where nothing installed reads the URI. `added` lives as long as
// the bin does.
Result<GstElement *> make_parsed_source(const std::string &uri, StreamAdded added);

// Of the parsed stream behind a pad; never null.
GstCaps *stream_caps(GstPad *pad);

}  // namespace rtc
