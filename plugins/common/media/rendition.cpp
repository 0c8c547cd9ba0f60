#include "media/rendition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/text.hpp"

namespace rtc {

namespace {
constexpr size_t most_renditions = 8;
constexpr unsigned smallest_side = 16, largest_side = 16384;
constexpr unsigned highest_framerate = 240;
constexpr double lowest_rate = 10e3, highest_rate = 1e9;
// Derived renditions: so many sizes, none smaller than this.
constexpr int derived_sizes = 4;
constexpr unsigned derived_long_side = 320, derived_short_side = 180;
constexpr double bits_per_pixel = 0.0725, usual_least = 100e3, usual_most = 12e6;
// Below this part of its rate a picture is worth less than the next smaller one.
constexpr unsigned least_part = 4;
constexpr unsigned least_of_all = 50000;

template <typename T>
std::optional<T> number(std::string_view text, T low, T high) {
  T value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return {};
  return value >= low && value <= high ? std::optional(value) : std::nullopt;
}

std::optional<unsigned> parse_rate(std::string_view text) {
  double unit = 1;
  if (text.ends_with('k')) unit = 1e3;
  if (text.ends_with('M')) unit = 1e6;
  if (unit > 1) text.remove_suffix(1);
  const auto value = number<double>(text, lowest_rate / unit, highest_rate / unit);
  return value ? std::optional(static_cast<unsigned>(std::lround(*value * unit))) : std::nullopt;
}

std::optional<Rendition> parse_one(std::string_view text) {
  Rendition result;
  if (const auto at = text.find('@'); at != text.npos) {
    const auto rate = parse_rate(text.substr(at + 1));
    if (!rate) return {};
    result.bitrate = *rate;
    text = text.substr(0, at);
  }
  if (const auto slash = text.find('/'); slash != text.npos) {
    const auto framerate = number<unsigned>(text.substr(slash + 1), 1, highest_framerate);
    if (!framerate) return {};
    result.framerate = *framerate;
    text = text.substr(0, slash);
  }
  const auto cross = text.find('x');
  if (cross == text.npos) return {};
  const auto width = number<unsigned>(text.substr(0, cross), smallest_side, largest_side);
  const auto height = number<unsigned>(text.substr(cross + 1), smallest_side, largest_side);
  if (!width || !height) return {};
  result.width = *width;
  result.height = *height;
  return result;
}

unsigned even(double length) {
  return std::max(2u, static_cast<unsigned>(std::lround(length / 2)) * 2);
}

std::vector<Rendition> derive(const Picture &input) {
  std::vector<Rendition> result{{input.width, input.height, 0, 0}};
  for (int i = 1; i < derived_sizes; i++) {
    const auto width = even(input.width / std::exp2(i)), height = even(input.height / std::exp2(i));
    if (std::max(width, height) < derived_long_side || std::min(width, height) < derived_short_side)
      break;
    result.push_back({width, height, 0, 0});
  }
  return result;
}

// How much smaller the picture is made for that box; above 1 it would have to be larger.
double scale_into(const Rendition &box, const Picture &input) {
  auto width = box.width, height = box.height;
  if ((width > height) != (input.width > input.height)) std::swap(width, height);
  return std::min(static_cast<double>(width) / input.width,
                  static_cast<double>(height) / input.height);
}

Encoding fit(const Rendition &asked, const Picture &input, unsigned bitrate) {
  Encoding result;
  const auto scale = std::min(scale_into(asked, input), 1.);
  result.scaled = scale < 1;
  result.thinned = asked.framerate && asked.framerate < input.framerate;
  auto &made = result.rendition;
  made.width = result.scaled ? even(input.width * scale) : input.width;
  made.height = result.scaled ? even(input.height * scale) : input.height;
  made.framerate = result.thinned ? asked.framerate : 0;
  const Picture picture{made.width, made.height,
                        result.thinned ? asked.framerate : input.framerate};
  const auto part = picture.width * picture.height * picture.framerate /
                    (input.width * input.height) / input.framerate;
  made.bitrate = asked.bitrate ? asked.bitrate
                 : bitrate     ? static_cast<unsigned>(std::max(bitrate * part, lowest_rate))
                               : usual_bitrate(picture);
  return result;
}

}  // namespace

Result<std::vector<Rendition>> parse_renditions(std::string_view text) {
  std::vector<Rendition> result;
  for (const auto &part : split(text, ',')) {
    const auto rendition = parse_one(part);
    if (!rendition)
      return Error{Error::Kind::settings,
                   format("renditions: \"%s\" is none; write WIDTHxHEIGHT, and if wanted /FRAMES "
                          "per second and @BITRATE with k or M, like 640x360/15@700k (sides %u to "
                          "%u, frames 1 to %u, bitrate 10k to 1000M).",
                          part.c_str(), smallest_side, largest_side, highest_framerate),
                   "renditions"};
    result.push_back(*rendition);
  }
  if (result.size() > most_renditions)
    return Error{
        Error::Kind::settings,
        format("renditions: %zu are too many; list %zu at most.", result.size(), most_renditions),
        "renditions"};
  return result;
}

std::string to_text(const Rendition &rendition) {
  auto text = format("%ux%u", rendition.width, rendition.height);
  if (rendition.framerate) text += format("/%u", rendition.framerate);
  if (rendition.bitrate) text += format("@%ldk", std::lround(rendition.bitrate / 1000.));
  return text;
}

unsigned usual_bitrate(const Picture &picture) {
  return static_cast<unsigned>(
      std::clamp(bits_per_pixel * picture.width * picture.height * picture.framerate, usual_least,
                 usual_most));
}

RenditionPlan plan_renditions(std::vector<Rendition> asked, const Picture &input,
                              unsigned bitrate) {
  RenditionPlan plan;
  if (!input.width || !input.height) {
    plan.encodings.push_back({{0, 0, 0, bitrate}, false, false, least_of_all});
    return plan;
  }
  if (asked.empty()) asked = derive(input);
  for (const auto &rendition : asked) {
    // A side may be rounded away.
    if (scale_into(rendition, input) > 1 + 2. / std::min(input.width, input.height))
      plan.left_out.push_back(rendition);
    else
      plan.encodings.push_back(fit(rendition, input, bitrate));
  }
  if (plan.encodings.empty()) plan.encodings.push_back(fit(asked.back(), input, bitrate));
  auto &made = plan.encodings;
  std::stable_sort(made.begin(), made.end(), [](const auto &a, const auto &b) {
    return a.rendition.bitrate > b.rendition.bitrate;
  });
  for (size_t i = 0; i < made.size(); i++) {
    const auto next = i + 1 < made.size() ? made[i + 1].rendition.bitrate : 0;
    made[i].least = next ? std::max(made[i].rendition.bitrate / least_part, next)
                         : std::min(least_of_all, made[i].rendition.bitrate);
  }
  return plan;
}

}  // namespace rtc
