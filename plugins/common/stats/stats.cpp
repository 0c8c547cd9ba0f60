#include "stats/stats.hpp"

#include <cctype>

namespace rtc {

std::string w3c_name(const char *name) {
  std::string out;
  for (const char *c = name; *c; c++) {
    if (*c == '-' && c[1])
      out += static_cast<char>(std::toupper(static_cast<unsigned char>(*++c)));
    else
      out += *c;
  }
  return out;
}

StructurePtr to_w3c(const GstStructure *report) {
  StructurePtr out(gst_structure_new_empty(gst_structure_get_name(report)));
  for (int i = 0; i < gst_structure_n_fields(report); i++) {
    const char *name = gst_structure_nth_field_name(report, static_cast<guint>(i));
    const auto *value = gst_structure_get_value(report, name);
    // Reports are named by their id, which is not to be changed; what webrtcbin adds of its own
    // (gst-*) has no W3C name.
    if (GST_VALUE_HOLDS_STRUCTURE(value)) {
      if (g_str_has_prefix(name, "gst-")) continue;
      const auto nested = to_w3c(gst_value_get_structure(value));
      gst_structure_set(out.get(), name, GST_TYPE_STRUCTURE, nested.get(), nullptr);
    } else {
      gst_structure_set_value(out.get(), w3c_name(name).c_str(), value);
    }
  }
  return out;
}

void add_path(GstStructure &entry, const SelectedPair &path) {
  for (const auto &[name, value] :
       {std::pair{"localCandidateType", &path.local_type},
        std::pair{"remoteCandidateType", &path.remote_type}, std::pair{"protocol", &path.protocol},
        std::pair{"relayProtocol", &path.relay_protocol}})
    if (!value->empty()) gst_structure_set(&entry, name, G_TYPE_STRING, value->c_str(), nullptr);
}

void add_tracks(GstStructure &entry, const std::vector<TrackStats> &tracks) {
  const StructurePtr all(gst_structure_new_empty("tracks"));
  for (const auto &track : tracks) {
    const StructurePtr one(gst_structure_new("track", "codec", G_TYPE_STRING, track.codec.c_str(),
                                             "rendition", G_TYPE_STRING, track.rendition.c_str(),
                                             "reason", G_TYPE_STRING, track.reason.c_str(),
                                             "switches", G_TYPE_UINT, track.switches, nullptr));
    gst_structure_set(all.get(), track.pad.c_str(), GST_TYPE_STRUCTURE, one.get(), nullptr);
  }
  gst_structure_set(&entry, "tracks", GST_TYPE_STRUCTURE, all.get(), nullptr);
}

StatsCollector::StatsCollector(std::function<void(StructurePtr)> done)
    : done_(std::move(done)),
      result_(gst_structure_new_empty("application/x-rtc-stats")),
      sessions_(gst_structure_new_empty("sessions")) {
  g_value_init(&groups_, GST_TYPE_ARRAY);
}

StatsCollector::~StatsCollector() {
  gst_structure_set_value(result_.get(), "groups", &groups_);
  g_value_unset(&groups_);
  gst_structure_set(result_.get(), "sessions", GST_TYPE_STRUCTURE, sessions_.get(), nullptr);
  done_(std::move(result_));
}

void StatsCollector::set(const char *name, const std::string &value) {
  gst_structure_set(result_.get(), name, G_TYPE_STRING, value.c_str(), nullptr);
}

void StatsCollector::add_group(const GroupStats &group) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_STRUCTURE);
  auto *entry = gst_structure_new(
      "group", "pad", G_TYPE_STRING, group.pad.c_str(), "codec", G_TYPE_STRING, group.codec.c_str(),
      "encoder", G_TYPE_STRING, group.encoder.c_str(), "viewers", G_TYPE_UINT,
      static_cast<guint>(group.viewers), "targetBitrate", G_TYPE_UINT, group.bitrate, nullptr);
  if (!group.rendition.empty())
    gst_structure_set(entry, "rendition", G_TYPE_STRING, group.rendition.c_str(), "frameWidth",
                      G_TYPE_UINT, group.width, "frameHeight", G_TYPE_UINT, group.height, nullptr);
  g_value_take_boxed(&value, entry);
  gst_value_array_append_and_take_value(&groups_, &value);
}

void StatsCollector::add_session(const std::string &id, StructurePtr entry, StructurePtr report) {
  if (report) {
    const auto renamed = to_w3c(report.get());
    gst_structure_set(entry.get(), "webrtc", GST_TYPE_STRUCTURE, renamed.get(), nullptr);
  }
  gst_structure_set(sessions_.get(), id.c_str(), GST_TYPE_STRUCTURE, entry.get(), nullptr);
}

}  // namespace rtc
