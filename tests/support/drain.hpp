// Where the packets of an outlet go: remembers their headers, and the frames, by marker.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "media/outlet.hpp"
#include "support/pipeline.hpp"

namespace rtc::test {

struct Drain {
  std::shared_ptr<Outlet> outlet;
  Ref<GstPad> pad = sink(gst_pad_new("drain", GST_PAD_SINK));
  std::function<void(const std::shared_ptr<Outlet> &)> on_change;  // before frames come
  std::atomic<int> keyframes_wanted{0};
  std::atomic<int> changes{0};
  std::mutex mutex;  // guards the rest
  std::vector<RtpHeader> frames;
  std::vector<uint16_t> sequences;
  std::vector<bool> keyframes;  // of frames, of VP8
  // What the outlet said of keyframes before it sent them.
  struct Keyframe {
    guint ssrc;
    uint16_t first;
    size_t packets;
    bool operator==(const Keyframe &) const = default;
  };
  std::vector<Keyframe> left;
  // The outlet may still be calling when the drain goes.
  struct Presence {
    std::recursive_mutex calling;
    bool gone = false;
  };
  const std::shared_ptr<Presence> presence = std::make_shared<Presence>();

  explicit Drain(const Codec &codec = *find_codec("VP8")) {
    const auto while_here = [presence = presence](const auto &call) {
      std::lock_guard lock(presence->calling);
      if (!presence->gone) call();
    };
    outlet = Outlet::create(
        codec.kind, {[this, while_here](const auto &) { while_here([&] { keyframes_wanted++; }); },
                     [this, while_here](const auto &changed) {
                       while_here([&] {
                         changes++;
                         if (on_change) on_change(changed);
                       });
                     },
                     [this, while_here](guint ssrc, uint16_t first, size_t packets) {
                       while_here([&] {
                         std::lock_guard lock(mutex);
                         left.push_back({ssrc, first, packets});
                       });
                     }});
    gst_pad_set_chain_list_function_full(
        pad.get(),
        [](GstPad *p, GstObject *, GstBufferList *list) {
          static_cast<Drain *>(p->chainlistdata)->take(list);
          gst_buffer_list_unref(list);
          return GST_FLOW_OK;
        },
        this, nullptr);
    gst_pad_set_active(pad.get(), TRUE);
    gst_pad_link_full(outlet->pad(), pad.get(), GST_PAD_LINK_CHECK_NOTHING);
    const auto caps = rtp_caps(codec, 96, 1);
    outlet->set_caps(caps.get(), RtpLayout{96, 1, 2});
  }
  ~Drain() {
    {
      std::lock_guard lock(presence->calling);
      presence->gone = true;
    }
    outlet->close();
    gst_pad_set_active(pad.get(), FALSE);  // waits for what is being taken
  }

  void take(GstBufferList *list) {
    std::lock_guard lock(mutex);
    for (guint i = 0; i < gst_buffer_list_length(list); i++) {
      // Header, extension, VP8 payload descriptor (RFC 7741) and the first byte of the frame.
      guint8 bytes[max_rtp_header_size + 2] = {};
      gst_buffer_extract(gst_buffer_list_get(list, i), 0, bytes, sizeof bytes);
      const auto header = parse_rtp_header(bytes);
      if (frames.size() == keyframes.size())
        keyframes.push_back((bytes[max_rtp_header_size + 1] & 1) == 0);
      sequences.push_back(header.sequence);
      if (header.marker) frames.push_back(header);
    }
    Changes::get().change();
  }
  size_t packets() {
    std::lock_guard lock(mutex);
    return sequences.size();
  }
  size_t count() {
    std::lock_guard lock(mutex);
    return frames.size();
  }
  // No sequence number is missing or twice, and time goes on with every frame.
  void expect_one_stream() {
    std::lock_guard lock(mutex);
    for (size_t i = 1; i < sequences.size(); i++)
      ASSERT_EQ(static_cast<uint16_t>(sequences[i] - sequences[i - 1]), 1) << "packet " << i;
    for (size_t i = 1; i < frames.size(); i++) {
      ASSERT_GT(static_cast<int32_t>(frames[i].timestamp - frames[i - 1].timestamp), 0)
          << "frame " << i;
      ASSERT_EQ(frames[i].ssrc, frames[0].ssrc);
    }
  }
};

}  // namespace rtc::test
