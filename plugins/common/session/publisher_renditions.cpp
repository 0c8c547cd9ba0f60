// What the application and the viewers themselves make of the renditions a Publisher offers.
#include <algorithm>

#include "base/text.hpp"
#include "session/publisher.hpp"

namespace rtc {

namespace {

// "640x360@700k" or its size alone, of those that there are.
std::optional<size_t> find_rendition(const std::vector<Encoding> &encodings,
                                     const std::string &text) {
  const auto asked = parse_renditions(text);
  for (size_t i = 0; i < encodings.size(); i++) {
    const auto &rendition = encodings[i].rendition;
    if (to_text(rendition) == text) return i;
    if (!asked || asked->size() != 1 || (*asked)[0].bitrate || (*asked)[0].framerate) continue;
    if ((*asked)[0].width == rendition.width && (*asked)[0].height == rendition.height) return i;
  }
  return {};
}

}  // namespace

std::string Publisher::rendition_of(const Seat &seat, const Viewer::TrackInfo &track) const {
  const auto input = input_of(seat, track);
  if (!input || input->passes(*track.codec)) return "";
  const auto encodings = input->encodings();
  return to_text(encodings[std::min(track.rendition, encodings.size() - 1)].rendition);
}

void Publisher::viewer_changed_rendition(Viewer &viewer, const std::string &pad) {
  const auto found = viewers_.find(viewer.id());
  if (found == viewers_.end() || found->second.viewer.get() != &viewer) return;
  const auto reason = found->second.controls[pad].choice.reason();
  for (const auto &track : viewer.tracks())
    if (track.pad == pad && track.codec)
      events_.viewer_rendition(viewer.id(), viewer.peer(), pad, rendition_of(found->second, track),
                               reason);
}

Result<std::pair<Publisher::Seat *, std::shared_ptr<Input>>> Publisher::find_track(
    const std::string &session, const std::string &pad) {
  const auto seat = viewers_.find(session);
  if (seat == viewers_.end())
    return Error{
        Error::Kind::not_found,
        format("There is no session \"%s\"; viewer-added tells those there are.", session.c_str()),
        "no such session"};
  std::vector<std::string> pads;
  for (const auto &input : inputs_of(seat->second.showing.get())) {
    if (input->kind() != MediaKind::video) continue;
    if (input->pad() == pad) return std::pair{&seat->second, input};
    pads.push_back(input->pad());
  }
  return Error{Error::Kind::not_found,
               format("There is no video pad \"%s\"; there are: %s.", pad.c_str(),
                      pads.empty() ? "none" : join(pads, ", ").c_str()),
               "no such pad"};
}

Result<bool> Publisher::fix_rendition(const std::string &session, const std::string &pad,
                                      const std::string &rendition) {
  const auto track = find_track(session, pad);
  if (!track) return track.error();
  const auto &[seat, input] = *track;
  auto &choice = seat->controls[pad].choice;
  auto limits = choice.limits();
  limits.fixed.reset();
  if (!rendition.empty()) {
    const auto encodings = input->encodings();
    std::vector<std::string> names;
    if (encodings[0].rendition.width)
      for (const auto &encoding : encodings) names.push_back(to_text(encoding.rendition));
    if (!names.empty()) limits.fixed = find_rendition(encodings, rendition);
    if (!limits.fixed)
      return Error{
          Error::Kind::not_found,
          format("%s has no rendition \"%s\"; there are: %s.", pad.c_str(), rendition.c_str(),
                 names.empty() ? "none, for no raw video came yet or it is passed through"
                               : join(names, ", ").c_str()),
          "no such rendition"};
  }
  choice.limit(limits);
  adapt_rates();
  return true;
}

Result<bool> Publisher::limit_viewer(const std::string &session, const std::string &pad,
                                     unsigned max_height, unsigned max_bitrate) {
  const auto track = find_track(session, pad);
  if (!track) return track.error();
  auto &choice = track->first->controls[pad].choice;
  choice.limit({choice.limits().fixed, max_height, static_cast<double>(max_bitrate)});
  adapt_rates();
  return true;
}

Result<bool> Publisher::pause_viewer(const std::string &session, bool paused) {
  const auto found = viewers_.find(session);
  if (found == viewers_.end())
    return Error{
        Error::Kind::not_found,
        format("There is no session \"%s\"; viewer-added tells those there are.", session.c_str()),
        "no such session"};
  auto &seat = found->second;
  seat.paused = paused;
  // A connection that fails on the way takes its seat along.
  const auto viewer = seat.viewer, replacement = seat.replacement;
  viewer->pause(paused);
  if (replacement) replacement->pause(paused);
  return true;
}

}  // namespace rtc
