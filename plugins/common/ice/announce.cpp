#include "ice/announce.hpp"

#include <gio/gio.h>

#include "base/text.hpp"

namespace rtc {

namespace {

bool is_ipv6(const std::string &address) { return address.find(':') != std::string::npos; }

bool is_address(const std::string &text) { return g_hostname_is_ip_address(text.c_str()); }

// Fields of RFC 8839 section 5.1: foundation component transport priority address port "typ" type.
constexpr size_t foundation = 0, priority = 3, address = 4, type = 7;

std::string with_address(std::vector<std::string> fields, const std::string &announced,
                         unsigned rank) {
  fields[address] = announced;
  if (rank) {
    // Another base for the peer, so another foundation and, within a component, another priority
    // (RFC 8445 sections 5.1.1.3 and 5.1.2).
    fields[foundation] += std::to_string(rank);
    fields[priority] = std::to_string(std::stoul(fields[priority]) - rank);
  }
  return join(fields, " ");
}

}  // namespace

Result<Announce> Announce::parse(std::string_view text) {
  Announce result;
  for (const auto &part : split(text, ',')) {
    const auto sides = split(part, '=');
    const bool good = !sides.empty() && sides.size() <= 2 && is_address(sides.front()) &&
                      is_address(sides.back()) && is_ipv6(sides.front()) == is_ipv6(sides.back()) &&
                      (sides.size() == 2) == (part.find('=') != std::string::npos);
    if (!good)
      return Error{Error::Kind::settings,
                   format("ice-announce is a list of addresses separated by commas: 203.0.113.5 to "
                          "add one, 10.0.0.2=203.0.113.5 to replace a local one; \"%s\" is "
                          "neither.",
                          part.c_str()),
                   part};
    result.entries_.push_back({sides.size() == 2 ? sides[0] : "", sides.back()});
  }
  return result;
}

std::vector<std::string> Announce::apply(const std::string &candidate) const {
  const auto fields = split(candidate, ' ');
  if (entries_.empty() || fields.size() <= type || fields[type] != "host") return {candidate};
  std::vector<std::string> result;
  bool replaced = false;
  unsigned rank = 0;
  for (const auto &entry : entries_) {
    if (entry.local.empty()) {
      if (is_ipv6(entry.announced) != is_ipv6(fields[address])) continue;
      result.push_back(with_address(fields, entry.announced, ++rank));
    } else if (entry.local == fields[address]) {
      result.push_back(with_address(fields, entry.announced, replaced ? ++rank : 0));
      replaced = true;
    }
  }
  if (!replaced) result.insert(result.begin(), candidate);
  return result;
}

}  // namespace rtc
