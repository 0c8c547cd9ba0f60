// One track that an application publishes: what came in through a request pad, and the encode
// groups, one per codec and rendition, that viewers made necessary.
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
  unsigned video_bitrate = 0;         // bits per second; 0: by size and rate of the picture
  std::vector<Rendition> renditions;  // empty: derived from the input
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
    // An encoder or payloader gave up, of that rendition; any thread.
    std::function<void(const Codec &, size_t, const Error &)> failed;
    std::function<void(const Error &)> warned;  // any thread
  };
  // Renditions are counted from the best one on; whatever is passed through and audio have one.
  struct Choice {
    const Codec *codec;
    size_t rendition = 0;
    auto operator<=>(const Choice &) const = default;
  };

  Input(EventLoop &loop, MediaKind kind, std::string pad, Hooks hooks,
        std::shared_ptr<WorkerPool> pool, std::shared_ptr<Reaper> reaper);

  MediaKind kind() const { return kind_; }
  const std::string &pad() const { return pad_; }
  guint ssrc() const { return ssrc_; }

  // The next groups are made with these settings.
  void configure(const EncodingSettings &settings);
  // This input's own renditions, from the next caps on; empty: those of the settings.
  void set_renditions(std::vector<Rendition> renditions);

  void set_caps(const Ref<GstCaps> &caps);
  // `offset` is what makes running time group time.
  void push(GstSample *sample, GstClockTimeDiff offset);
  bool drain(milliseconds deadline);
  // The element starts anew: no group goes on, for the next one's time begins at zero again.
  void rewind();

  // Caps are known, so that codecs() is.
  bool ready() const;
  // Encoded or raw: which codecs a viewer can get, in order of preference.
  std::vector<const Codec *> codecs() const;
  // What to install when codecs() is empty, for error texts: elements by codec.
  std::string missing_elements() const;
  // The RTP caps our offer names for `codec`.
  Ref<GstCaps> offer_caps(const Codec &codec) const;

  // What raw video is encoded in, best first; one at least.
  std::vector<Encoding> encodings() const;
  // Encoded already: what comes in goes out.
  bool passes(const Codec &codec) const;
  bool is_encoded() const;
  // Of raw video; without a size for everything else.
  Picture picture() const;

  // Joins the viewer's outlet to a group, which is made when it is the first, for that rate (0: the
  // nominal one).
  Result<bool> add(const Choice &choice, unsigned bitrate, const std::shared_ptr<Outlet> &outlet);
  // The same for an outlet that flows: it changes to that group with the next keyframe and tells by
  // Outlet::Hooks::changed, upon which settle() is due.
  Result<bool> change(const Choice &choice, unsigned bitrate,
                      const std::shared_ptr<Outlet> &outlet);
  void settle(const std::shared_ptr<Outlet> &outlet);
  void remove(const std::shared_ptr<Outlet> &outlet);
  void refresh(const std::shared_ptr<Outlet> &outlet);
  // That group is of no use any more; the next viewer gets a new one.
  void forget(const Choice &choice);

  // The rate that it is encoded at when nothing holds it back; 0 when it is passed through.
  unsigned nominal_bitrate(const Choice &choice) const;
  // As it is now.
  unsigned bitrate(const Choice &choice) const;
  // The group's encoder is to produce this from now on, at most the nominal rate.
  void set_bitrate(const Choice &choice, unsigned bitrate);
  // What the paths lose that the group's encoder serves, in percent; it may repair some of it.
  void set_loss(const Choice &choice, unsigned percent);

  // Every group there is, for statistics.
  struct GroupInfo {
    std::string codec;
    std::string encoder;  // empty: passed through
    size_t viewers;
    unsigned bitrate;     // of the encoder, bits per second; 0: passed through
    Rendition rendition;  // of raw video; else 0
  };
  std::vector<GroupInfo> groups() const;

 private:
  using Groups = std::map<Choice, std::shared_ptr<EncodeGroup>>;

  // Encoded media is packed from the start, viewers or not: it costs next to nothing, and the first
  // viewer sees a picture without waiting for the next keyframe.
  void keep_passing(const Codec &codec);
  void plan(GstCaps *caps);
  Result<std::shared_ptr<EncodeGroup>> group_for(const Choice &choice, unsigned bitrate);
  Result<std::shared_ptr<EncodeGroup>> make_group(const Choice &choice, unsigned bitrate);
  EncoderOptions encoder_options(const Choice &choice, const Encoding &encoding) const;
  unsigned within_limits(const Choice &choice, unsigned bitrate) const;
  Encoding encoding_of(const Choice &choice) const;
  Groups groups_now() const;
  void take_out(const Choice &choice, EncodeGroup &group, const std::shared_ptr<Outlet> &outlet);
  void drop_unused(const Choice &choice);

  EventLoop &loop_;
  const MediaKind kind_;
  const std::string pad_;
  const Hooks hooks_;
  const std::shared_ptr<WorkerPool> pool_;
  const std::shared_ptr<Reaper> reaper_;
  const guint ssrc_;
  const guint32 timestamp_offset_;
  std::map<Choice, Timer> lingering_;
  std::map<Choice, unsigned> bitrates_;  // as set, of the groups there are
  std::map<Choice, unsigned> losses_;    // the same

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  EncodingSettings settings_;
  std::vector<Rendition> own_renditions_;
  std::vector<Rendition> left_out_;  // that were complained of
  Ref<GstCaps> caps_;
  Picture picture_;
  RenditionPlan plan_{{Encoding{}}, {}};
  Groups groups_;
};

}  // namespace rtc
