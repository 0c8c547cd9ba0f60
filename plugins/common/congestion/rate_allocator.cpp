#include "congestion/rate_allocator.hpp"

#include <algorithm>

namespace rtc {

namespace {

// A rendition is left for a better one when the rate is so far above that one's least.
constexpr double up_margin = 1.15;
constexpr double fec_from_loss = 0.01, highest_fec = 0.5, highest_repeat = 0.3;
// Below this round trip a retransmission comes in time to be all that is needed.
constexpr auto short_rtt = milliseconds(60);

// What video sends besides media, per media bit.
struct Overhead {
  double fec = 0;
  double retransmission = 0;
  double factor() const { return 1 + fec + retransmission; }
};

Overhead overhead(const RateAllocator::Path &path) {
  const double loss = path.loss > 0 ? std::min(path.loss, 0.5) : 0;
  Overhead result;
  if (path.fec && loss > fec_from_loss && (!path.retransmission || path.rtt > short_rtt))
    result.fec = std::min(2 * loss, highest_fec);
  // What FEC repairs is asked for again only in part.
  if (path.retransmission)
    result.retransmission = std::min(loss * (result.fec > 0 ? 0.5 : 1), highest_repeat);
  return result;
}

std::optional<size_t> pick(const RateAllocator::Video &video, Bitrate rate) {
  std::optional<size_t> best;
  for (size_t i = 0; i < video.renditions.size(); i++) {
    const bool up = video.current ? i > *video.current : false;
    if (video.renditions[i].min * (up ? up_margin : 1) <= rate) best = i;
  }
  return best;
}

Bitrate most(const RateAllocator::Video &video) {
  return video.renditions.empty() ? 0 : video.renditions.back().max;
}

// Gives `budget` out by weight, nobody more than `most`; what one leaves goes to the others.
std::vector<Bitrate> fill(Bitrate budget, std::vector<Bitrate> given,
                          const std::vector<double> &weights, const std::vector<Bitrate> &most) {
  for (size_t round = 0; round <= given.size() && budget > 1; round++) {
    double sum = 0;
    for (size_t i = 0; i < given.size(); i++)
      if (given[i] < most[i]) sum += weights[i];
    if (sum <= 0) break;
    const Bitrate share = budget / sum;
    for (size_t i = 0; i < given.size(); i++) {
      if (given[i] >= most[i]) continue;
      const auto more = std::min(share * weights[i], most[i] - given[i]);
      given[i] += more;
      budget -= more;
    }
  }
  return given;
}

}  // namespace

RateAllocator::Shares RateAllocator::split(Bitrate target, const std::vector<Audio> &audio,
                                           const std::vector<Video> &video, const Path &path) {
  Shares shares;
  Bitrate left = target > 0 ? target : 0;
  const auto extra = overhead(path);
  shares.fec_ratio = extra.fec;
  for (const auto &track : audio) {
    // Speech in part is no speech: an audio track gets its least or nothing.
    const auto least = track.range.min <= left ? track.range.min : 0;
    shares.audio.push_back(least);
    left -= least;
  }
  std::vector<Bitrate> given, limits;
  std::vector<double> weights;
  for (const auto &track : video) {
    const auto least = track.renditions.empty() ? 0 : track.renditions[0].min * extra.factor();
    given.push_back(least <= left ? least : 0);
    limits.push_back(least <= left ? most(track) * extra.factor() : 0);
    weights.push_back(std::max(track.weight, 0.0));
    left -= given.back();
  }
  // Audio's wish beyond its least is small; it comes before better pictures.
  for (size_t i = 0; i < audio.size(); i++) {
    if (shares.audio[i] < audio[i].range.min) continue;
    const auto more = std::clamp(audio[i].range.max - shares.audio[i], 0.0, left / 4);
    shares.audio[i] += more;
    left -= more;
  }
  const auto filled = fill(left, given, weights, limits);
  for (size_t i = 0; i < video.size(); i++) {
    VideoShare share;
    const auto media = filled[i] / extra.factor();
    share.rendition = limits[i] > 0 ? pick(video[i], media) : std::nullopt;
    if (share.rendition) {
      const auto &range = video[i].renditions[*share.rendition];
      share.bitrate = std::min(media, range.max);
      share.fec = share.bitrate * extra.fec;
      share.retransmission = share.bitrate * extra.retransmission;
    }
    left -= share.bitrate * extra.factor() - given[i];
    shares.video.push_back(share);
  }
  shares.unused = std::max(left, 0.0);
  return shares;
}

}  // namespace rtc
