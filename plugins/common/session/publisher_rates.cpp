// How a Publisher's viewers get the renditions, and its encoders the rates, that the paths to the
// viewers take.
#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "session/group_rate.hpp"
#include "session/publisher.hpp"

namespace rtc {

namespace {
// Retransmissions and header bytes go beside what encoders are told to make.
constexpr double overhead = 1.08;
// Room above the nominal rates, so that encoders that overshoot are not taken for congestion.
constexpr double headroom = 1.3;
constexpr Bitrate passed_through = 20e6;
// A path that takes less than this part of what is passed through does not take it.
constexpr double passable = 0.8;
}  // namespace

bool Publisher::can_adapt(const Viewer::Inputs &inputs) {
  return std::any_of(inputs.begin(), inputs.end(), [](const auto &input) {
    const auto codecs = input->codecs();
    return input->kind() == MediaKind::video &&
           std::any_of(codecs.begin(), codecs.end(),
                       [&](const auto *codec) { return input->nominal_bitrate({codec}) > 0; });
  });
}

Bitrate Publisher::nominal_rate(const Viewer::Inputs &inputs) {
  Bitrate sum = 0;
  for (const auto &input : inputs) {
    Bitrate most = 0;
    for (const auto *codec : input->codecs()) {
      const Bitrate nominal = input->nominal_bitrate({codec});
      most = std::max(most, nominal > 0 ? nominal : passed_through);
    }
    sum += most;
  }
  return sum * headroom;
}

std::shared_ptr<Input> Publisher::input_of(const Seat &seat, const Viewer::TrackInfo &track) const {
  const auto &inputs = inputs_of(seat.showing.get());
  const auto input = std::find_if(inputs.begin(), inputs.end(),
                                  [&](const auto &i) { return i->pad() == track.pad; });
  return input == inputs.end() ? nullptr : *input;
}

// The application's and the viewer's own, zero without one. What is passed through has none.
Bitrate Publisher::limit_of(const Input &input, const TrackControl &control,
                            const Viewer::TrackInfo &track) {
  if (input.passes(*track.codec)) return 0;
  const auto ours = control.choice.limits().max_bitrate;
  return ours > 0 && track.bandwidth > 0 ? std::min(ours, track.bandwidth)
                                         : std::max(ours, track.bandwidth);
}

std::vector<Publisher::VideoTrack> Publisher::video_tracks(TimePoint now) {
  std::vector<VideoTrack> result;
  for (auto &[session, seat] : viewers_) {
    if (seat.paused) continue;
    const auto rate = seat.viewer->rate(now);
    auto videos = seat.viewer->tracks();
    Bitrate audio = 0;
    for (const auto &track : videos) audio += audio_rate(seat, track);
    std::erase_if(videos, [](const auto &track) {
      return !track.codec || track.codec->kind != MediaKind::video;
    });
    for (const auto &track : videos) {
      const auto input = input_of(seat, track);
      if (!input) continue;
      auto &control = seat.controls[track.pad];
      const auto most = limit_of(*input, control, track);
      const auto share = [&](Bitrate whole) {
        const auto part =
            std::max((whole / overhead - audio) / static_cast<double>(videos.size()), 0.);
        return most > 0 ? std::min(part, most) : part;
      };
      std::optional<double> estimate, sustained;
      std::optional<double> contested;
      if (rate) {
        if (seat.viewer->congestion()->competing) contested = share(seat.viewer->most_rate());
        estimate = share(*rate);
        sustained = share(seat.viewer->congestion()->sustained);
      } else if (most > 0) {
        estimate = sustained = most;
      }
      result.push_back({session,
                        seat.viewer,
                        input,
                        {track.codec, track.rendition},
                        &control,
                        estimate,
                        sustained,
                        contested,
                        track.counters.bytes});
    }
  }
  return result;
}

Publisher::Groups Publisher::groups_of(const std::vector<VideoTrack> &tracks) const {
  Groups groups;
  for (const auto &track : tracks) {
    auto &targets = groups[{track.input.get(), track.choice}];
    const auto most = static_cast<double>(track.input->nominal_bitrate(track.choice));
    if (track.estimate) targets.push_back(std::min(*track.estimate, most));
  }
  for (auto &[group, targets] : groups) std::sort(targets.begin(), targets.end());
  return groups;
}

// A viewer that would hold the others of a rendition back has no place there.
void Publisher::choose(VideoTrack &track, const Groups &groups, TimePoint now) {
  const auto encodings = track.input->encodings();
  std::vector<RenditionChoice::Offer> offers;
  for (size_t i = 0; i < encodings.size(); i++) {
    const auto &[rendition, scaled, thinned, least] = encodings[i];
    RenditionChoice::Offer offer{static_cast<double>(least), rendition.height,
                                 static_cast<double>(least)};
    const Input::Choice choice{track.choice.codec, i};
    const auto group = groups.find({track.input.get(), choice});
    if (group != groups.end()) {
      std::optional<double> own;
      if (choice == track.choice && track.estimate)
        own = std::min(*track.estimate, static_cast<double>(rendition.bitrate));
      if (const auto others = middle_of_others(group->second, own))
        offer.need = std::max(offer.need, *others * alike);
    }
    if (track.control->unavailable.count(i)) offer.need = std::numeric_limits<double>::infinity();
    offers.push_back(offer);
  }
  track.choice.rendition =
      track.control->choice.choose(offers, track.sustained, now, track.contested);
}

void Publisher::show(const VideoTrack &track, const Groups &groups) {
  const auto found = viewers_.find(track.session);
  if (found == viewers_.end()) return;
  const auto &[codec, rendition] = track.choice;
  if (track.control->unavailable.count(rendition)) return;
  const auto group = groups.find({track.input.get(), track.choice});
  const auto rate = group == groups.end() ? 0 : group_rate(group->second, alike);
  for (const auto &viewer : {found->second.viewer, found->second.replacement}) {
    if (!viewer) continue;
    const auto shown =
        viewer->show(track.input->pad(), rendition, static_cast<unsigned>(std::max(rate, 0.)));
    if (shown) continue;
    track.control->unavailable.insert(rendition);
    events_.publisher_warns(track.session, shown.error());
  }
}

// Once for each pad: what is encoded already cannot follow a path.
void Publisher::tell_of_what_passes(const std::vector<VideoTrack> &tracks, TimePoint now) {
  for (const auto &track : tracks) {
    const auto sent = track.control->sent.update(track.bytes, now);
    if (!sent || !track.estimate || *track.estimate > *sent * passable) continue;
    if (!told_of_passing_.insert(track.input->pad()).second) continue;
    events_.publisher_warns(
        track.session,
        {Error::Kind::failed,
         format("The path to a viewer takes %.0f kbit/s, and %s passes %.0f kbit/s through: media "
                "that is encoded already cannot be adapted. Publish raw video, or encode it at a "
                "lower rate.",
                *track.estimate / 1000, track.input->pad().c_str(), *sent / 1000),
         "passed through"});
  }
}

void Publisher::adapt_rates() {
  const auto now = Clock::now();
  auto tracks = video_tracks(now);
  adapt_audio();
  std::vector<VideoTrack> passed;
  std::erase_if(tracks, [&](const auto &track) {
    const bool passes = track.input->passes(*track.choice.codec);
    if (passes) passed.push_back(track);
    return passes;
  });
  tell_of_what_passes(passed, now);
  const auto before = groups_of(tracks);
  for (auto &track : tracks) choose(track, before, now);
  const auto groups = groups_of(tracks);
  for (const auto &track : tracks) show(track, groups);
  for (const auto &[group, rates] : groups) {
    const auto &[input, choice] = group;
    const bool last = choice.rendition + 1 >= input->encodings().size();
    const auto rate = rates.empty() ? input->nominal_bitrate(choice)
                                    : group_rate(rates, last ? alike_at_the_bottom : alike);
    input->set_bitrate(choice, static_cast<unsigned>(rate));
  }
}

}  // namespace rtc
