// The rate of an encoder that several viewers share (pure).
#pragma once

#include <optional>
#include <vector>

namespace rtc {

// How much worse than the middle one's a path may be for the encoder to follow it: where there is a
// smaller rendition, those below go there; where there is none, they stay and suffer.
constexpr double alike = 0.75, alike_at_the_bottom = 0.5;

// `targets`: what each viewer's path takes, bits per second. The encoder follows the least of them,
// a lone viewer's exactly, but none below that part of the middle one: a path that is so much worse
// than the others' must not spoil the picture for all.
double group_rate(std::vector<double> targets, double part = alike_at_the_bottom);

// What an audio track gets of a path that takes `whole`: its wish, but on a narrow path a fourth of
// it, and never less than speech needs.
double audio_share(double whole, double wish);

// The middle of what the others of a group take, whose `targets` are sorted; nothing when there are
// none. `own`: the one of them that does not count.
std::optional<double> middle_of_others(const std::vector<double> &targets,
                                       std::optional<double> own);

}  // namespace rtc
