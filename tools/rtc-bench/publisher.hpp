// The publishers that are compared, behind one interface.
#pragma once

#include <gst/gst.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "base/error.hpp"
#include "media/codec.hpp"

namespace rtc::bench {

class Publisher {
 public:
  virtual ~Publisher() = default;
  virtual GstElement *pipeline() const = 0;
  // Of its rooms server, ws://...; empty: not yet.
  virtual std::string uri() const = 0;
  // Whose cost is measured.
  virtual pid_t process() const { return getpid(); }
};

// `kind` is rtcsink, baseline, baseline-feedback (a baseline with NACK, RTX and TWCC), or a relay
// of relay_publisher.hpp, which takes VP8 that is encoded. `source` is a launch fragment with an
// element "source"; where it gives raw video, `raw` asks for an encoder with the settings that
// rtcsink has for it.
Result<std::unique_ptr<Publisher>> make_publisher(const std::string &kind,
                                                  const std::string &source, const Codec &codec,
                                                  bool raw);

}  // namespace rtc::bench
