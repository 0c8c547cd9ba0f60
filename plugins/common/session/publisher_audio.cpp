// How a Publisher's audio encoders share the paths with its video.
#include <algorithm>
#include <cmath>

#include "session/group_rate.hpp"
#include "session/publisher.hpp"

namespace rtc {

namespace {
// Opus protects what it encodes for the loss it is told, within its rate; a little always, for the
// first loss comes before anything tells of it.
constexpr unsigned least_loss = 5, most_loss = 25;  // percent
}  // namespace

Bitrate Publisher::audio_rate(const Seat &seat, const Viewer::TrackInfo &track) const {
  if (!track.codec || track.codec->kind != MediaKind::audio) return 0;
  const auto input = input_of(seat, track);
  return input ? input->bitrate({track.codec}) : 0;
}

void Publisher::adapt_audio() {
  struct Group {
    std::vector<double> targets;
    double loss = 0;
  };
  std::map<std::pair<std::shared_ptr<Input>, const Codec *>, Group> groups;
  for (const auto &[session, seat] : viewers_) {
    if (seat.paused) continue;
    auto tracks = seat.viewer->tracks();
    std::erase_if(tracks, [](const auto &track) {
      return !track.codec || track.codec->kind != MediaKind::audio;
    });
    const auto &path = seat.viewer->congestion();
    for (const auto &track : tracks) {
      const auto input = input_of(seat, track);
      if (!input || !input->nominal_bitrate({track.codec})) continue;
      auto &group = groups[{input, track.codec}];
      if (!path) continue;
      group.targets.push_back(audio_share(path->sustained / static_cast<double>(tracks.size()),
                                          input->nominal_bitrate({track.codec})));
      group.loss = std::max(group.loss, path->inherent);
    }
  }
  for (const auto &[key, group] : groups) {
    const auto &[input, codec] = key;
    const auto rate =
        group.targets.empty() ? input->nominal_bitrate({codec}) : group_rate(group.targets);
    input->set_bitrate({codec}, static_cast<unsigned>(rate));
    const auto percent = static_cast<unsigned>(std::lround(group.loss * 100));
    input->set_loss({codec}, std::clamp(percent, least_loss, most_loss));
  }
}

}  // namespace rtc
