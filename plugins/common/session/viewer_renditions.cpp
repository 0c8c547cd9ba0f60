// How a Viewer's tracks are joined to encode groups, change between them, and what of them goes
// out.
#include "session/viewer.hpp"

namespace rtc {

bool Viewer::let_flow() {
  const bool ready = connected() && session_->established();
  for (const auto &track : tracks_) {
    const bool may = may_flow(*track);
    if (may == track->flowing || (may && !ready)) continue;
    track->flowing = may;
    if (!may) {
      track->input->remove(track->outlet);
      track->outlet->pause();
    } else if (const auto joined =
                   track->input->add(track->choice(), track->bitrate, track->outlet);
               !joined) {
      listener_.viewer_failed(*this, joined.error());
      return false;
    }
  }
  return true;
}

Result<bool> Viewer::show(const std::string &pad, size_t rendition, unsigned bitrate) {
  for (const auto &track : tracks_) {
    if (track->input->pad() != pad) continue;
    const auto before = std::exchange(track->rendition, rendition);
    track->bitrate = bitrate;
    if (!track->flowing || before == rendition) return true;
    auto changed = track->input->change(track->choice(), bitrate, track->outlet);
    if (!changed) track->rendition = before;
    return changed;
  }
  return true;
}

void Viewer::outlet_changed(const std::shared_ptr<Outlet> &outlet) {
  for (const auto &track : tracks_) {
    if (track->outlet != outlet) continue;
    track->input->settle(outlet);
    // Otherwise it is on its way to the next one already.
    if (!outlet->changing()) listener_.viewer_changed_rendition(*this, track->input->pad());
    return;
  }
}

void Viewer::pause(bool paused) {
  if (std::exchange(paused_, paused) != paused) (void)let_flow();
}

std::vector<Viewer::TrackInfo> Viewer::tracks() const {
  std::vector<TrackInfo> result;
  for (const auto &track : tracks_)
    result.push_back({track->input->pad(), track->codec, track->outlet->counters(),
                      track->rendition, track->bandwidth});
  return result;
}

}  // namespace rtc
