// The rate of an encoder that several viewers share (pure).
#pragma once

#include <vector>

namespace rtc {

// `targets`: what each viewer's path takes, bits per second. The encoder follows the least of them,
// a lone viewer's exactly, but none below half of the middle one: a path that is so much worse than
// the others' must not spoil the picture for all.
double group_rate(std::vector<double> targets);

}  // namespace rtc
