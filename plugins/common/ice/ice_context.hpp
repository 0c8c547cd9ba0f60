// The ICE side of an element: its settings, the servers in effect, the tunnels to TURN servers over
// TLS. With nice_agent.hpp the only code that sets ICE options on a webrtcbin.
//
// Threads: the event loop, except what says otherwise.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ref.hpp"
#include "ice/ice_settings.hpp"
#include "ice/ice_uri.hpp"
#include "ice/mdns.hpp"
#include "ice/selected_pair.hpp"
#include "ice/server_check.hpp"
#include "ice/server_plan.hpp"
#include "ice/tls_tunnel.hpp"

namespace rtc {

class IceContext {
 public:
  // `ca_file`: PEM file of the authorities to trust for turns:, empty for those of the system.
  // An Error when the filter leaves no local address.
  static Result<std::shared_ptr<IceContext>> create(EventLoop &loop, IceSettings settings,
                                                    const std::string &ca_file);
  // Is told what is wrong with a server, once in a while.
  void on_trouble(std::function<void(const Error &)> trouble) { trouble_ = std::move(trouble); }

  const IceSettings &settings() const { return settings_; }
  // What signaling handed out; the element's own servers go first, and alone.
  void set_servers(const IceServers &servers) { signaled_ = servers; }
  const IceServers &servers() const {
    return settings_.servers.empty() ? signaled_ : settings_.servers;
  }
  bool has_turn() const;

  // Sets the options and servers on a new webrtcbin, before any description. Servers that cannot be
  // used are left out with a warning in the log; without any local address there is an Error. The
  // relays that come out are for add_relay(), when nothing has worked during the head start.
  Result<std::vector<Relay>> apply(GstElement *webrtcbin);
  void add_relay(GstElement *webrtcbin, const Relay &relay);

  // What to tell when no candidate could be gathered on any local address, after a description was
  // set; nothing when there are some.
  std::optional<Error> gathering_error(GstElement *webrtcbin) const;
  // Gathering is complete without candidates of servers: finds out why.
  void missed(bool reflexive, bool relayed) { check_.check(servers(), reflexive, relayed); }

  // Completes what only the loop knows: that the way to the relay goes through a tunnel.
  SelectedPair complete(SelectedPair pair) const;

  MdnsResolver &mdns() { return mdns_; }

 private:
  IceContext(EventLoop &loop, IceSettings settings, const std::string &ca_file);
  unsigned tunnel_to(const IceUri &uri);

  const IceSettings settings_;
  IceServers signaled_;
  // STUN servers that do not answer: libnice takes one at a time, the first of the others.
  std::set<std::string> silent_stun_;
  ServerCheck check_;
  std::function<void(const Error &)> trouble_;
  Ref<GTlsDatabase> authorities_;
  bool has_ipv4_ = true;
  MdnsResolver mdns_;
  std::map<std::string, std::unique_ptr<TlsTunnel>> tunnels_;  // by URI
};

}  // namespace rtc
