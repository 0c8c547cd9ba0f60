// A bin that reads a URI and gives its parsed, still encoded streams: urisourcebin and parsebin.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <string>

namespace rtc {

struct ParsedSourceHandlers {
  // A stream is there, on a streaming thread. The pad is inside `bin`: what it is linked to goes
  // into `bin` too.
  std::function<void(GstBin *bin, GstPad *pad)> pad_added;
  // No further stream will come.
  std::function<void()> no_more_pads;
};

// Returns a floating GstBin. The handlers live as long as the bin does.
GstElement *make_parsed_source(const std::string &uri, ParsedSourceHandlers handlers);

// Of the parsed stream behind a pad; never null.
GstCaps *stream_caps(GstPad *pad);

}  // namespace rtc
