// What a Publisher tells of its encoders and viewers.
#include "session/publisher.hpp"
#include "stats/stats.hpp"

namespace rtc {

void Publisher::get_stats(std::function<void(StructurePtr)> done) {
  auto collector = std::make_shared<StatsCollector>(std::move(done));
  collector->set("stream", name_);
  for (const auto &input : all_inputs())
    for (const auto &group : input->groups())
      collector->add_group({input->pad(), group.codec, group.encoder, group.viewers, group.bitrate,
                            group.rendition.width ? to_text(group.rendition) : "",
                            group.rendition.width, group.rendition.height});
  for (auto &[session, seat] : viewers_) {
    const auto &viewer = seat.viewer;
    uint64_t frames = 0, dropped = 0, requests = 0, parity = 0, parity_bytes = 0;
    std::vector<TrackStats> tracks;
    for (const auto &track : viewer->tracks()) {
      frames += track.counters.frames;
      dropped += track.counters.dropped;
      requests += track.counters.keyframe_requests;
      parity += track.counters.parity_packets;
      parity_bytes += track.counters.parity_bytes;
      const auto control = seat.controls.find(track.pad);
      if (control == seat.controls.end() || !track.codec) continue;
      const auto &choice = control->second.choice;
      tracks.push_back({track.pad, track.codec->name, rendition_of(seat, track), choice.reason(),
                        choice.switches()});
    }
    auto *entry = gst_structure_new(
        "session", "peer", G_TYPE_STRING, viewer->peer().c_str(), "connected", G_TYPE_BOOLEAN,
        viewer->connected(), "paused", G_TYPE_BOOLEAN, seat.paused, "framesSent", G_TYPE_UINT64,
        frames, "framesDropped", G_TYPE_UINT64, dropped, "keyFrameRequests", G_TYPE_UINT64,
        requests, "fecPacketsSent", G_TYPE_UINT64, parity, "fecBytesSent", G_TYPE_UINT64,
        parity_bytes, "healed", G_TYPE_UINT, seat.healed, nullptr);
    add_tracks(*entry, tracks);
    add_path(*entry, viewer->session().path());
    if (const auto &congestion = viewer->congestion())
      gst_structure_set(entry, "availableOutgoingBitrate", G_TYPE_DOUBLE, viewer->target(),
                        "packetLoss", G_TYPE_DOUBLE, congestion->loss, nullptr);
    viewer->session().get_stats([collector, id = session, entry](StructurePtr stats) {
      collector->add_session(id, StructurePtr(entry), std::move(stats));
    });
  }
}

}  // namespace rtc
