#include "ice/ice_settings.hpp"

#include "base/log.hpp"
#include "base/redact.hpp"
#include "base/ref.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {

std::string escape(const std::string &text) {
  CharPtr escaped(g_uri_escape_string(text.c_str(), nullptr, FALSE));
  return escaped.get();
}

// webrtcbin writes "stun://host:port" and "turn://user:password@host:port" where RFC 7064 and
// RFC 7065 have no "//".
void add_server(GstElement *webrtcbin, const IceServer &server, const std::string &url) {
  const auto colon = url.find(':');
  if (colon == std::string::npos) return;
  const auto scheme = url.substr(0, colon);
  auto address = url.substr(colon + 1);
  if (address.starts_with("//")) address.erase(0, 2);
  if (scheme == "stun") {
    g_object_set(webrtcbin, "stun-server", ("stun://" + address).c_str(), nullptr);
  } else if (scheme == "turn" || scheme == "turns") {
    const auto login = server.username.empty()
                           ? ""
                           : escape(server.username) + ":" + escape(server.credential) + "@";
    gboolean added = FALSE;
    g_signal_emit_by_name(webrtcbin, "add-turn-server", (scheme + "://" + login + address).c_str(),
                          &added);
    if (!added) RTC_WARNING("TURN server refused by webrtcbin: %s", redact(url).c_str());
  } else {
    RTC_WARNING("ICE server with an unknown scheme left out: %s", redact(url).c_str());
  }
}

}  // namespace

void apply_ice_settings(GstElement *webrtcbin, const IceSettings &settings) {
  for (const auto &server : settings.servers)
    for (const auto &url : server.urls) add_server(webrtcbin, server, url);

  GObject *ice = nullptr;
  g_object_get(webrtcbin, "ice-agent", &ice, nullptr);
  const auto ice_ref = adopt(ice);
  if (!ice || !g_object_class_find_property(G_OBJECT_GET_CLASS(ice), "agent")) return;
  GObject *agent = nullptr;
  g_object_get(ice, "agent", &agent, nullptr);
  const auto agent_ref = adopt(agent);
  // libnice waits 20 ms between two checks by default, which is most of the time a connection takes
  // on a short path; RFC 8445 section 14.2 allows 5 ms. UPnP would add its discovery to gathering.
  // Keepalives that ask for a reply notice a peer that is gone.
  g_object_set(agent, "stun-pacing-timer", 5u, "upnp", FALSE, "ice-tcp", FALSE,
               "keepalive-conncheck", TRUE, nullptr);
}

}  // namespace rtc
