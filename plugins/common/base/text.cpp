#include "base/text.hpp"

#include <glib.h>
#include <sys/random.h>

#include <array>
#include <cstdarg>
#include <memory>

#include "base/ref.hpp"

namespace rtc {

std::string format(const char *pattern, ...) {
  va_list args;
  va_start(args, pattern);
  CharPtr text(g_strdup_vprintf(pattern, args));
  va_end(args);
  return text.get();
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = text.find(separator);
    auto part = text.substr(0, end);
    while (!part.empty() && g_ascii_isspace(part.front())) part.remove_prefix(1);
    while (!part.empty() && g_ascii_isspace(part.back())) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string join(const std::vector<std::string> &parts, std::string_view separator) {
  std::string out;
  for (const auto &part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

bool iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && g_ascii_strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_id() {
  std::array<unsigned char, 16> bytes{};
  // 16 bytes are below the size up to which getrandom never returns short (getrandom(2)).
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    for (auto &b : bytes) b = static_cast<unsigned char>(g_random_int());
  std::string id;
  for (auto b : bytes) id += format("%02x", b);
  return id;
}

bool equal_secret(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size() && i < b.size(); i++)
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace rtc
