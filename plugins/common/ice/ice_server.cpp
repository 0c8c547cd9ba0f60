#include "ice/ice_server.hpp"

#include <glib.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "ice/ice_uri.hpp"

namespace rtc {

namespace {

// An address with a login of its own is a server of its own.
std::optional<Error> add_url(const std::string &url, IceServer &server, IceServers &with_login) {
  const auto uri = parse_ice_uri(url);
  if (!uri) return uri.error();
  if (uri->username.empty())
    server.urls.push_back(to_string(*uri));
  else
    with_login.push_back({{to_string(*uri)}, uri->username, uri->credential});
  return std::nullopt;
}

// Reads the RTCIceServer that is number `number` of a list.
class ServerReader {
 public:
  ServerReader(size_t number, std::vector<Error> &problems)
      : number_(number), problems_(problems) {}

  void read(const JsonValue &value, IceServers &servers) {
    if (!value.is_object()) return wrong("it is no object with \"urls\"");
    const auto *urls = value.find("urls");
    if (!urls) return wrong("\"urls\" is missing");
    if (!urls->is_array() && !urls->text())
      return wrong("\"urls\" is neither a string nor an array of strings");
    if (urls->is_array() && urls->items.empty()) return wrong("\"urls\" is empty");
    const auto *type = value.find("credentialType");
    if (type && type->text() != "password")
      return wrong("\"credentialType\" is not \"password\", the only one there is");

    IceServer server;
    if (!read_login(value, server)) return;
    IceServers with_login;
    if (!urls->is_array()) add(*urls, server, with_login);
    for (const auto &url : urls->items) add(url, server, with_login);
    if (!server.urls.empty()) servers.push_back(std::move(server));
    std::move(with_login.begin(), with_login.end(), std::back_inserter(servers));
  }

 private:
  bool read_login(const JsonValue &value, IceServer &server) {
    for (const auto &[name, into] :
         {std::pair("username", &server.username), std::pair("credential", &server.credential)}) {
      const auto *member = value.find(name);
      if (!member) continue;
      const auto text = member->text();
      if (!text) return wrong(format("\"%s\" is not a string", name)), false;
      *into = *text;
    }
    if (server.username.empty() == server.credential.empty()) return true;
    return wrong("\"username\" and \"credential\" come together"), false;
  }

  void add(const JsonValue &url, IceServer &server, IceServers &with_login) {
    const auto text = url.text();
    if (!text) return wrong("\"urls\" holds something that is not a string");
    if (const auto error = add_url(*text, server, with_login)) return problems_.push_back(*error);
    if (!with_login.empty() && !server.username.empty())
      wrong("user and password stand in \"urls\" and beside it");
  }

  void wrong(const std::string &why) {
    problems_.push_back({Error::Kind::settings,
                         format("ICE server %zu: ", number_) + why +
                             "; a server is written {\"urls\":\"turn:host:port\","
                             "\"username\":\"...\",\"credential\":\"...\"}.",
                         {}});
  }

  size_t number_;
  std::vector<Error> &problems_;
};

Result<IceServers> parse_json_servers(std::string_view text) {
  const auto value = parse_json(text);
  if (!value)
    return Error{
        Error::Kind::settings,
        "The list of ICE servers is " + value.error().message + " (" + value.error().detail + ").",
        {}};
  std::vector<Error> problems;
  auto servers = read_ice_servers(*value, problems);
  if (!problems.empty()) return problems.front();
  return servers;
}

}  // namespace

Result<IceServers> parse_ice_servers(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return IceServers();
  if (text[start] == '[' || text[start] == '{') return parse_json_servers(text);
  std::string list(text);
  std::replace_if(
      list.begin(), list.end(), [](char c) { return g_ascii_isspace(c); }, ',');
  IceServers servers;
  for (const auto &url : split(list, ',')) {
    IceServer server;
    if (const auto error = add_url(url, server, servers)) return *error;
    if (!server.urls.empty()) servers.push_back(std::move(server));
  }
  return servers;
}

IceServers read_ice_servers(const JsonValue &value, std::vector<Error> &problems) {
  IceServers servers;
  if (!value.is_array()) {
    ServerReader(1, problems).read(value, servers);
    return servers;
  }
  for (size_t i = 0; i < value.items.size(); i++)
    ServerReader(i + 1, problems).read(value.items[i], servers);
  return servers;
}

std::string write_ice_servers(const IceServers &servers) {
  std::vector<std::string> items;
  for (const auto &server : servers) {
    std::vector<std::string> urls;
    for (const auto &url : server.urls) urls.push_back(json_quote(url));
    auto item = JsonObject().add_raw("urls", json_array(urls));
    if (!server.username.empty()) item.add("username", server.username);
    if (!server.credential.empty()) item.add("credential", server.credential);
    items.push_back(item.str());
  }
  return json_array(items);
}

bool lacks_credentials(const IceServer &server) {
  return server.username.empty() &&
         std::any_of(server.urls.begin(), server.urls.end(),
                     [](const auto &url) { return url.starts_with("turn"); });
}

}  // namespace rtc
