// How a Publisher makes its encoders follow what the paths to the viewers take.
#include <algorithm>
#include <map>

#include "session/group_rate.hpp"
#include "session/publisher.hpp"

namespace rtc {

namespace {
// Retransmissions and header bytes go beside what encoders are told to make.
constexpr double overhead = 1.08;
// Room above the nominal rates, so that encoders that overshoot are not taken for congestion.
constexpr double headroom = 1.3;
constexpr Bitrate passed_through = 20e6;
}  // namespace

bool Publisher::can_adapt() const {
  return std::any_of(inputs_.begin(), inputs_.end(), [](const auto &input) {
    const auto codecs = input->codecs();
    return input->kind() == MediaKind::video &&
           std::any_of(codecs.begin(), codecs.end(),
                       [&](const auto *codec) { return input->nominal_bitrate(*codec) > 0; });
  });
}

Bitrate Publisher::nominal_rate() const {
  Bitrate sum = 0;
  for (const auto &input : inputs_) {
    Bitrate most = 0;
    for (const auto *codec : input->codecs()) {
      const Bitrate nominal = input->nominal_bitrate(*codec);
      most = std::max(most, nominal > 0 ? nominal : passed_through);
    }
    sum += most;
  }
  return sum * headroom;
}

Bitrate Publisher::audio_rate(const Viewer::TrackInfo &track) const {
  if (!track.codec || track.codec->kind != MediaKind::audio) return 0;
  const auto input = std::find_if(inputs_.begin(), inputs_.end(),
                                  [&](const auto &i) { return i->pad() == track.pad; });
  return input == inputs_.end() ? 0 : (*input)->nominal_bitrate(*track.codec);
}

void Publisher::adapt_rates() {
  const auto now = Clock::now();
  std::map<std::pair<std::string, const Codec *>, std::vector<double>> targets;
  for (const auto &[session, seat] : viewers_) {
    const auto rate = seat.viewer->rate(now);
    if (!rate) continue;
    auto for_video = *rate / overhead;
    auto videos = seat.viewer->tracks();
    for (const auto &track : videos) for_video -= audio_rate(track);
    std::erase_if(videos, [](const auto &track) {
      return !track.codec || track.codec->kind != MediaKind::video;
    });
    for (const auto &track : videos)
      targets[{track.pad, track.codec}].push_back(for_video / static_cast<double>(videos.size()));
  }
  for (const auto &input : inputs_)
    for (const auto &[group, rates] : targets)
      if (group.first == input->pad())
        input->set_bitrate(*group.second, static_cast<unsigned>(std::max(group_rate(rates), 0.)));
}

}  // namespace rtc
