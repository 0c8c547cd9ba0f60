// One track that an application publishes: what came in through a request pad, and the encode
// groups that viewers made necessary.
//
// Threads: set_caps(), push() and drain() on the streaming thread of the pad, the rest on the event
// loop.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "base/reaper.hpp"
#include "media/encode_group.hpp"

namespace rtc {

// What an input may do with raw media; shared by the inputs of an element.
struct EncodingSettings {
  std::vector<const Codec *> video_codecs;  // preference
  std::vector<const Codec *> audio_codecs;
  unsigned video_bitrate = 0;  // bits per second; 0: by size and rate of the picture
  unsigned audio_bitrate = 0;
  milliseconds keyframe_interval{0};
  milliseconds linger{0};  // how long a group outlives its last viewer
};

class Input : public std::enable_shared_from_this<Input> {
 public:
  struct Hooks {
    std::function<void(const std::string &pad, GstElement *encoder)> encoder_setup;  // on the loop
    std::function<void()> keyframe_upstream;                                         // any thread
    std::function<void()> caps_known;  // streaming thread, once
    // An encoder or payloader gave up; any thread.
    std::function<void(const Codec &, const Error &)> failed;
  };

  Input(EventLoop &loop, MediaKind kind, std::string pad, Hooks hooks,
        std::shared_ptr<WorkerPool> pool, std::shared_ptr<Reaper> reaper);

  MediaKind kind() const { return kind_; }
  const std::string &pad() const { return pad_; }
  guint ssrc() const { return ssrc_; }

  // The next groups are made with these settings.
  void configure(const EncodingSettings &settings) { settings_ = settings; }

  void set_caps(const Ref<GstCaps> &caps);
  // `offset` is what makes running time group time.
  void push(GstSample *sample, GstClockTimeDiff offset);
  bool drain(milliseconds deadline);

  // Caps are known, so that codecs() is.
  bool ready() const;
  // Encoded or raw: which codecs a viewer can get, in order of preference.
  std::vector<const Codec *> codecs() const;
  // What to install when codecs() is empty, for error texts: elements by codec.
  std::string missing_elements() const;
  // The RTP caps our offer names for `codec`.
  Ref<GstCaps> offer_caps(const Codec &codec) const;

  // Joins the viewer's outlet to the group of `codec`, which is made when it is the first.
  Result<bool> add(const Codec &codec, const std::shared_ptr<Outlet> &outlet);
  void remove(const std::shared_ptr<Outlet> &outlet);
  void refresh(const std::shared_ptr<Outlet> &outlet);
  // The group of `codec` is of no use any more; the next viewer gets a new one.
  void forget(const Codec &codec);

  // The rate that `codec` is encoded at when nothing holds it back; 0 when it is passed through.
  unsigned nominal_bitrate(const Codec &codec) const;
  // The group's encoder is to produce this from now on, at most the nominal rate.
  void set_bitrate(const Codec &codec, unsigned bitrate);

  // Codec name and viewers of every group there is, for statistics.
  struct GroupInfo {
    std::string codec;
    std::string encoder;  // empty: passed through
    size_t viewers;
    unsigned bitrate;  // of the encoder, bits per second; 0: passed through
  };
  std::vector<GroupInfo> groups() const;

 private:
  // Encoded media is packed from the start, viewers or not: it costs next to nothing, and the first
  // viewer sees a picture without waiting for the next keyframe.
  void keep_passing(const Codec &codec);
  Result<std::shared_ptr<EncodeGroup>> make_group(const Codec &codec);
  EncoderOptions encoder_options(const Codec &codec) const;
  unsigned bitrate_of(const EncodeGroup &group) const;
  std::vector<std::shared_ptr<EncodeGroup>> group_list() const;
  void drop_unused(const Codec *codec);

  EventLoop &loop_;
  const MediaKind kind_;
  const std::string pad_;
  const Hooks hooks_;
  const std::shared_ptr<WorkerPool> pool_;
  const std::shared_ptr<Reaper> reaper_;
  const guint ssrc_;
  const guint32 timestamp_offset_;
  EncodingSettings settings_;
  std::map<const Codec *, Timer> lingering_;

  std::map<const Codec *, unsigned> bitrates_;  // as set, of the groups there are

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  Ref<GstCaps> caps_;
  std::map<const Codec *, std::shared_ptr<EncodeGroup>> groups_;
};

}  // namespace rtc
