// Statistics of an element: webrtcbin's reports with the names of the W3C (webrtc-stats), gathered
// from all sessions into one structure.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <string>
#include <vector>

#include "base/ref.hpp"
#include "ice/selected_pair.hpp"

namespace rtc {

// webrtcbin's "bytes-sent" as W3C's "bytesSent".
std::string w3c_name(const char *name);

// One report of webrtcbin's get-stats with every field renamed; nested structures too.
StructurePtr to_w3c(const GstStructure *report);

// The fields localCandidateType, remoteCandidateType, protocol and relayProtocol of the way ICE
// found; none before.
void add_path(GstStructure &entry, const SelectedPair &path);

// One encoder, or what is passed through.
struct GroupStats {
  std::string pad;
  std::string codec;
  std::string encoder;  // empty: passed through
  size_t viewers;
  unsigned bitrate;       // bits per second
  std::string rendition;  // of raw video, else empty and 0
  unsigned width;
  unsigned height;
};

// What a viewer gets of a video pad.
struct TrackStats {
  std::string pad;
  std::string codec;
  std::string rendition;  // empty: passed through
  std::string reason;     // of the last switch
  unsigned switches;
};

// The field `tracks`: a structure with one field per pad.
void add_tracks(GstStructure &entry, const std::vector<TrackStats> &tracks);

// Builds `application/x-rtc-stats`: fields `groups` (array of group structures) and `sessions` (a
// structure with one field per session). Delivers when the last reference to it goes.
class StatsCollector {
 public:
  explicit StatsCollector(std::function<void(StructurePtr)> done);
  ~StatsCollector();
  StatsCollector(const StatsCollector &) = delete;

  void set(const char *name, const std::string &value);
  void add_group(const GroupStats &group);
  // `report` may be null: the session is not connected.
  void add_session(const std::string &id, StructurePtr entry, StructurePtr report);

 private:
  std::function<void(StructurePtr)> done_;
  StructurePtr result_;
  StructurePtr sessions_;
  GValue groups_ = G_VALUE_INIT;
};

}  // namespace rtc
