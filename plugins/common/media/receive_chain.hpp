// From the RTP of one received track to what downstream takes: encoded media by depayloader and
// parser, raw media by a decoder after them, or the RTP as it is.
#pragma once

#include <gst/gst.h>

#include "base/error.hpp"
#include "media/codec.hpp"

namespace rtc {

enum class MediaForm { encoded, raw, rtp };

// What to give a pad that takes `accepted`: encoded where it can, else raw, else RTP; an Error that
// names both sides when nothing fits.
Result<MediaForm> choose_form(const Codec &codec, const GstCaps *accepted);

// An element with pads "sink" (RTP) and "src"; a missing element is an Error.
Result<Ref<GstElement>> make_receive_chain(const Codec &codec, MediaForm form);

}  // namespace rtc
