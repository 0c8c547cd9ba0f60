#include "source_uri.hpp"

#include "base/text.hpp"

namespace rtc {

Result<SourceUri> parse_source_uri(const std::string &uri) {
  SourceUri result;
  const auto question = uri.find('?');
  result.server = uri.substr(0, question);
  if (question == std::string::npos) return result;
  for (const auto &part : split(uri.substr(question + 1), '&')) {
    const auto equals = part.find('=');
    const auto name = part.substr(0, equals);
    const CharPtr value(g_uri_unescape_string(
        equals == std::string::npos ? "" : part.c_str() + equals + 1, nullptr));
    if (name == "stream" && value)
      result.stream = value.get();
    else if (name == "peer-id" && value)
      result.peer_id = value.get();
    else if (name == "token")
      return Error{Error::Kind::settings,
                   "A token does not belong in an address; set the token property.",
                   "token in uri"};
    else
      return Error{
          Error::Kind::settings,
          format("\"%s\" is not understood in the address; use stream or peer-id.", name.c_str()),
          "unknown query"};
  }
  return result;
}

std::string to_uri(const SourceSettings &settings) {
  auto uri = settings.uri;
  if (uri.starts_with("ws")) uri = "rtc+" + uri;
  const auto escape = [](const std::string &text) {
    const CharPtr escaped(g_uri_escape_string(text.c_str(), nullptr, FALSE));
    return std::string(escaped.get());
  };
  if (!settings.stream.empty()) return uri + "?stream=" + escape(settings.stream);
  if (!settings.peer_id.empty()) return uri + "?peer-id=" + escape(settings.peer_id);
  return uri;
}

}  // namespace rtc
