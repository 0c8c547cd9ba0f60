// The tracks that a session receives: which codecs are accepted, which m= section is which track,
// and whose media a pad of webrtcbin brings.
//
// Threads: the event loop.
#pragma once

#include <string>
#include <vector>

#include "media/codec.hpp"
#include "message/sdp.hpp"

namespace rtc {

// One m= section that we receive.
struct ReceivedTrack {
  size_t mline = 0;
  MediaKind kind = MediaKind::video;
  const Codec *codec = nullptr;
  unsigned index = 0;  // among the tracks of its kind
};

struct ReceptionSettings {
  // Accepted codecs, by preference; empty: what the other side prefers.
  std::vector<const Codec *> video_codecs;
  std::vector<const Codec *> audio_codecs;
  unsigned latency = 200;    // ms
  unsigned max_bitrate = 0;  // bits per second, a hint to the other side; 0: none
};

class ReceivedTracks {
 public:
  explicit ReceivedTracks(const ReceptionSettings &wanted) : wanted_(wanted) {}

  // Codecs that can be received, by preference.
  std::vector<const Codec *> accepted(MediaKind kind) const;
  // The codec that is accepted in a section of the other side, and its entry there; null: none.
  const Codec *choose(const SdpMedia &media, SdpCodec &entry) const;
  // Gives webrtcbin a transceiver for a section of the other side's offer: to receive, where there
  // is a codec, else without use.
  Result<bool> accept(GstElement *webrtcbin, size_t mline, const SdpMedia &media);
  // A track whose transceiver there is.
  void add(size_t mline, MediaKind kind, const Codec &codec);
  void remove(size_t mline);

  const std::vector<ReceivedTrack> &list() const { return tracks_; }
  const ReceivedTrack *find(size_t mline) const;
  // Null when it belongs to none.
  const ReceivedTrack *track_of(GstPad *pad) const;

  // Why accept() took nothing so far.
  Error nothing_accepted() const;
  void forget_refusals() { refusals_.clear(); }

 private:
  const ReceptionSettings wanted_;
  std::vector<ReceivedTrack> tracks_;
  std::vector<std::string> refusals_;
};

MediaKind kind_of(const SdpMedia &media);
// Of the track behind a pad of webrtcbin; empty before it is negotiated.
std::string mid_of(GstPad *pad);

}  // namespace rtc
