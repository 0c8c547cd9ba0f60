#include "ice/ice_settings.hpp"

#include <charconv>

#include "base/text.hpp"

namespace rtc {

namespace {

bool read_port(std::string_view text, unsigned &port) {
  const auto *end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, port);
  return read.ec == std::errc() && read.ptr == end && port > 0 && port < 65536;
}

}  // namespace

Result<PortRange> parse_port_range(std::string_view text) {
  PortRange range;
  if (text.empty()) return range;
  const auto dash = text.find('-');
  const auto low = text.substr(0, dash);
  const auto high = dash == std::string_view::npos ? low : text.substr(dash + 1);
  if (!read_port(low, range.low) || !read_port(high, range.high) || range.low > range.high)
    return Error{Error::Kind::settings,
                 format("ice-port-range is min-max with ports from 1 to 65535, like 50000-50100; "
                        "\"%s\" is not.",
                        std::string(text).c_str()),
                 "port range"};
  return range;
}

Result<IceSettings> parse_ice_options(const IceOptions &options) {
  IceSettings settings;
  const auto servers = parse_ice_servers(options.ice_servers);
  if (!servers) return servers.error();
  const auto ports = parse_port_range(options.ice_port_range);
  if (!ports) return ports.error();
  const auto interfaces = InterfaceFilter::parse(options.ice_interfaces);
  if (!interfaces) return interfaces.error();
  const auto announce = Announce::parse(options.ice_announce);
  if (!announce) return announce.error();
  settings.servers = *servers;
  settings.relay_only = options.ice_relay_only;
  settings.ports = *ports;
  settings.interfaces = *interfaces;
  settings.announce = *announce;
  settings.tcp = options.ice_tcp;
  settings.ipv6 = options.ice_ipv6;
  return settings;
}

}  // namespace rtc
