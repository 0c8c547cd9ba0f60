#include "base/redact.hpp"

#include <regex>

namespace rtc {

std::string redact(std::string_view text) {
  static const auto flags = std::regex::ECMAScript | std::regex::icase | std::regex::optimize;
  static const struct {
    std::regex pattern;
    const char *replacement;
  } rules[] = {
      {std::regex(R"x((a=ice-pwd:)[^\s\\"]+)x", flags), "$1***"},
      {std::regex(R"x(("(?:token|credential|password|secret)"\s*:\s*")(?:[^"\\]|\\.)*)x", flags),
       "$1***"},
      {std::regex(R"x(([?&](?:token|credential|password|secret)=)[^&\s"#]+)x", flags), "$1***"},
      {std::regex(R"x((bearer\s+)[^\s",]+)x", flags), "$1***"},
      {std::regex(R"x(([a-z][a-z0-9+.-]*:(?://)?[^\s:/@"]+:)[^\s@/"]+@)x", flags), "$1***@"},
  };
  std::string out(text);
  for (const auto &rule : rules) out = std::regex_replace(out, rule.pattern, rule.replacement);
  return out;
}

}  // namespace rtc
