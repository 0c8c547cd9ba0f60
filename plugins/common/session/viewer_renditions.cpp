// How a Viewer's tracks are joined to encode groups, and change between them.
#include "session/viewer.hpp"

namespace rtc {

bool Viewer::let_flow() {
  if (!connected() || !session_->established() || paused_) return true;
  for (const auto &track : tracks_) {
    if (!track->codec || std::exchange(track->flowing, true)) continue;
    if (const auto joined = track->input->add(track->choice(), track->bitrate, track->outlet);
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
  if (std::exchange(paused_, paused) == paused) return;
  if (!paused) {
    (void)let_flow();
    return;
  }
  for (const auto &track : tracks_) {
    if (!std::exchange(track->flowing, false)) continue;
    track->input->remove(track->outlet);
    track->outlet->pause();
  }
}

}  // namespace rtc
