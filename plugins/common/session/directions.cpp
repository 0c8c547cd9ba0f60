#include "session/directions.hpp"

namespace rtc {

namespace {

Way way_of(const SdpMedia &media) {
  if (media.rejected()) return {};
  const auto direction = media.direction();
  return {direction.starts_with("send"), direction == "sendrecv" || direction == "recvonly"};
}

}  // namespace

std::string to_string(const Way &way) {
  if (way.send) return way.receive ? "sendrecv" : "sendonly";
  return way.receive ? "recvonly" : "inactive";
}

void Directions::received(Description &description, const Sdp &sdp) {
  others_.clear();
  for (size_t i = 0; i < sdp.media.size(); i++) {
    const auto &media = sdp.media[i];
    others_.push_back(media.kind == "application" ? Way() : way_of(media));
    if (media.kind != "application" && !media.rejected())
      description.sdp = set_direction(description.sdp, i, "sendrecv");
  }
}

void Directions::describe(Description &description, const Sdp &sdp,
                          const std::function<Way(size_t mline)> &ours) const {
  for (size_t i = 0; i < sdp.media.size(); i++) {
    const auto &media = sdp.media[i];
    if (media.kind == "application" || media.rejected()) continue;
    auto way = ours(i);
    if (description.type == Description::Type::answer) {
      way.send &= other(i).receive;
      way.receive &= other(i).send;
    }
    description.sdp = set_direction(description.sdp, i, to_string(way));
  }
}

}  // namespace rtc
