#include "ice/local_address.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <memory>

#include "base/ref.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {

constexpr std::string_view bridges[] = {"docker", "br-", "virbr", "vnet", "veth", "lxcbr", "cni"};

bool on_bridge(const LocalAddress &a) {
  return std::any_of(std::begin(bridges), std::end(bridges),
                     [&](auto prefix) { return a.interface.starts_with(prefix); });
}

bool matches(const std::string &entry, const LocalAddress &a) {
  if (entry.ends_with('*')) return a.interface.starts_with(entry.substr(0, entry.size() - 1));
  return entry == a.interface || entry == a.address;
}

bool any_matches(const std::vector<std::string> &entries, const LocalAddress &a) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const auto &entry) { return matches(entry, a); });
}

std::string describe(const std::vector<LocalAddress> &all) {
  std::vector<std::string> parts;
  for (const auto &a : all) parts.push_back(a.interface + " (" + a.address + ")");
  return parts.empty() ? "none" : join(parts, ", ");
}

template <typename Predicate>
std::vector<std::string> pick(const std::vector<LocalAddress> &all, Predicate wanted) {
  std::vector<std::string> result;
  for (const auto &a : all)
    if (wanted(a)) result.push_back(a.address);
  return result;
}

}  // namespace

std::vector<LocalAddress> local_addresses() {
  std::vector<LocalAddress> result;
  ifaddrs *raw = nullptr;
  if (getifaddrs(&raw) != 0) return result;
  const std::unique_ptr<ifaddrs, Freer<freeifaddrs>> list(raw);
  for (const auto *entry = raw; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || !(entry->ifa_flags & IFF_UP)) continue;
    LocalAddress a;
    a.interface = entry->ifa_name;
    a.loopback = entry->ifa_flags & IFF_LOOPBACK;
    char text[INET6_ADDRSTRLEN] = "";
    if (entry->ifa_addr->sa_family == AF_INET) {
      inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in *>(entry->ifa_addr)->sin_addr, text,
                sizeof text);
    } else if (entry->ifa_addr->sa_family == AF_INET6) {
      const auto &v6 = reinterpret_cast<sockaddr_in6 *>(entry->ifa_addr)->sin6_addr;
      inet_ntop(AF_INET6, &v6, text, sizeof text);
      a.ipv6 = true;
      a.link_local = IN6_IS_ADDR_LINKLOCAL(&v6);
    } else {
      continue;
    }
    a.address = text;
    result.push_back(std::move(a));
  }
  return result;
}

Result<InterfaceFilter> InterfaceFilter::parse(std::string_view text) {
  InterfaceFilter filter;
  filter.text_ = text;
  for (auto entry : split(text, ',')) {
    const bool denies = entry.starts_with('!');
    if (denies) entry.erase(0, 1);
    if (entry.empty() || entry.find_first_of(" \t!") != std::string::npos ||
        entry.find('*') < entry.size() - 1)
      return Error{Error::Kind::settings,
                   format("ice-interfaces is a list of interface names or addresses separated by "
                          "commas, \"!\" in front of those to leave out, like eth0,!docker*; "
                          "\"%s\" is not one.",
                          std::string(text).c_str()),
                   entry};
    (denies ? filter.denied_ : filter.allowed_).push_back(entry);
  }
  return filter;
}

bool InterfaceFilter::asks_for(const LocalAddress &address) const {
  return any_matches(allowed_, address) && !any_matches(denied_, address);
}

bool InterfaceFilter::allows(const LocalAddress &address) const {
  return (allowed_.empty() || any_matches(allowed_, address)) && !any_matches(denied_, address);
}

Result<std::vector<std::string>> choose_addresses(const std::vector<LocalAddress> &all,
                                                  const InterfaceFilter &filter, bool ipv6) {
  const auto usable = [&](const LocalAddress &a) {
    return !a.link_local && (ipv6 || !a.ipv6) && filter.allows(a);
  };
  const auto has_asked = [&](const LocalAddress &a) { return usable(a) && filter.asks_for(a); };
  auto chosen = pick(all, has_asked);
  if (chosen.empty())
    chosen = pick(all, [&](const auto &a) { return usable(a) && !a.loopback && !on_bridge(a); });
  if (chosen.empty()) chosen = pick(all, [&](const auto &a) { return usable(a) && !a.loopback; });
  if (chosen.empty()) chosen = pick(all, usable);
  if (!chosen.empty()) return chosen;
  const auto there_are = describe(all);
  if (!filter.empty())
    return Error{Error::Kind::settings,
                 format("ice-interfaces=%s leaves no network interface; there are: %s.",
                        filter.text().c_str(), there_are.c_str()),
                 "no local address"};
  return Error{Error::Kind::not_found,
               format("This machine has no network address that can be used%s; there are: %s.",
                      ipv6 ? "" : " while ice-ipv6 is off", there_are.c_str()),
               "no local address"};
}

}  // namespace rtc
