// Property rows of the elements of this plugin, and the table all of them share. A row is a member
// of the element's settings, which properties read and write under the settings' lock.
#pragma once

#include <gst/webrtc/webrtc.h>

#include <mutex>
#include <string>
#include <vector>

#include "base/gobject_class.hpp"
#include "session/connection.hpp"

namespace rtc {

// Settings of an element with the lock that guards them against the application's threads.
template <typename Settings>
class GuardedSettings {
 public:
  Settings copy() const {
    std::lock_guard lock(mutex_);
    return settings_;
  }
  void replace(Settings settings) {
    std::lock_guard lock(mutex_);
    settings_ = std::move(settings);
  }
  // `member` may be one of a base class of Settings.
  template <typename Member, typename T>
  void set(Member member, T value) {
    std::lock_guard lock(mutex_);
    settings_.*member = std::move(value);
  }

 private:
  mutable std::mutex mutex_;
  Settings settings_;
};

constexpr auto read_write =
    GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
constexpr auto read_only = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
// Secrets can be set, but nothing that dumps properties shows them.
constexpr auto write_only =
    GParamFlags(G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);

// `store` is the GuardedSettings that has the member.
template <typename Impl, auto member, auto store = &Impl::settings>
PropertyRow<Impl> string_row(const char *name, const char *blurb, const char *fallback = nullptr,
                             GParamFlags flags = read_write) {
  return {g_param_spec_string(name, name, blurb, fallback, flags),
          [](Impl &self, const GValue *value) {
            const char *text = g_value_get_string(value);
            (self.*store).set(member, std::string(text ? text : ""));
          },
          [](Impl &self, GValue *value) {
            const auto settings = (self.*store).copy();
            const auto &text = settings.*member;
            g_value_set_string(value, text.empty() ? nullptr : text.c_str());
          }};
}

template <typename Impl, auto member, auto store = &Impl::settings>
PropertyRow<Impl> uint_row(const char *name, const char *blurb, guint low, guint high,
                           guint fallback) {
  return {
      g_param_spec_uint(name, name, blurb, low, high, fallback, read_write),
      [](Impl &self, const GValue *value) { (self.*store).set(member, g_value_get_uint(value)); },
      [](Impl &self, GValue *value) { g_value_set_uint(value, (self.*store).copy().*member); }};
}

template <typename Impl, auto member, auto store = &Impl::settings>
PropertyRow<Impl> bool_row(const char *name, const char *blurb, gboolean fallback) {
  return {
      g_param_spec_boolean(name, name, blurb, fallback, read_write),
      [](Impl &self, const GValue *value) {
        (self.*store).set(member, bool(g_value_get_boolean(value)));
      },
      [](Impl &self, GValue *value) { g_value_set_boolean(value, (self.*store).copy().*member); }};
}

// Which ways to the peers ICE may take: the same rows in every element.
template <typename Impl>
std::vector<PropertyRow<Impl>> ice_rows() {
  using S = typename Impl::Settings;
  return {
      string_row<Impl, &S::ice_servers>(
          "ice-servers",
          "STUN and TURN servers, separated by commas or blanks: stun:host:port, "
          "turn:user:password@host:port?transport=udp|tcp, turns:user:password@host:port (user and "
          "password percent-encoded); or JSON, an array of W3C RTCIceServer. Unset: those that the "
          "signaling server hands out. With listen, viewers get them too.",
          nullptr, write_only),
      {g_param_spec_enum("ice-transport-policy", "ice-transport-policy",
                         "all: any way; relay: through TURN servers only, which hides the address.",
                         GST_TYPE_WEBRTC_ICE_TRANSPORT_POLICY, GST_WEBRTC_ICE_TRANSPORT_POLICY_ALL,
                         read_write),
       [](Impl &self, const GValue *value) {
         self.settings.set(&S::ice_relay_only,
                           g_value_get_enum(value) == GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY);
       },
       [](Impl &self, GValue *value) {
         g_value_set_enum(value, self.settings.copy().ice_relay_only
                                     ? GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY
                                     : GST_WEBRTC_ICE_TRANSPORT_POLICY_ALL);
       }},
      string_row<Impl, &S::ice_port_range>(
          "ice-port-range",
          "Local ports for media, min-max, one per session and address; unset: any."),
      string_row<Impl, &S::ice_interfaces>(
          "ice-interfaces",
          "Network interfaces or addresses to use, separated by commas; \"!\" in front of those to "
          "leave out, \"*\" at the end of a name for all that begin so: eth0,!docker*. Unset: all "
          "but loopback and bridges of containers."),
      string_row<Impl, &S::ice_announce>(
          "ice-announce",
          "Addresses under which this machine is reached from outside (1:1 NAT, forwarded ports), "
          "separated by commas: 203.0.113.5 beside the local ones, 10.0.0.2=203.0.113.5 in place "
          "of a local one."),
      bool_row<Impl, &S::ice_tcp>(
          "ice-tcp", "Whether to offer and try TCP between the peers (RFC 6544), beside UDP.",
          FALSE),
      bool_row<Impl, &S::ice_ipv6>("ice-ipv6", "Whether to use IPv6 addresses.", TRUE),
  };
}

// How to reach the peers: the same rows in every element.
template <typename Impl>
std::vector<PropertyRow<Impl>> connection_rows() {
  using S = typename Impl::Settings;
  std::vector<PropertyRow<Impl>> rows = {
      string_row<Impl, &S::uri>(
          "uri",
          "Server to signal through: ws://host:port/room or wss://host:port/room (rooms). Unset: "
          "see listen."),
      string_row<Impl, &S::listen>(
          "listen",
          "host:port on which the element brings its own server with page and signaling; port 0 "
          "picks one. "
          "With neither uri nor listen the element joins the server on 127.0.0.1:8080 or becomes "
          "it."),
      string_row<Impl, &S::token>(
          "token",
          "Secret that the server asks for (sent as bearer token); with listen, the secret asked "
          "of others.",
          nullptr, write_only),
      string_row<Impl, &S::tls_ca_file>("tls-ca-file",
                                        "PEM file with the authorities to trust for wss: and "
                                        "turns:; unset: those of the system."),
      string_row<Impl, &S::tls_certificate>(
          "tls-certificate",
          "PEM file with the certificate of the server that listen makes; needs tls-key."),
      string_row<Impl, &S::tls_key>("tls-key", "PEM file with the private key of tls-certificate."),
  };
  for (auto &row : ice_rows<Impl>()) rows.push_back(row);
  return rows;
}

}  // namespace rtc
