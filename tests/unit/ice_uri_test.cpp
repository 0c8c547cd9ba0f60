// Addresses of STUN and TURN servers: RFC 7064, RFC 7065, user info, and what is no such address.
#include "ice/ice_uri.hpp"

#include <gtest/gtest.h>

namespace rtc {
namespace {

using Scheme = IceUri::Scheme;
using Transport = IceUri::Transport;

TEST(IceUri, ReadsWhatTheStandardsAllow) {
  const struct {
    const char *text;
    Scheme scheme;
    const char *host;
    unsigned port;
    Transport transport;
    const char *written = nullptr;  // where it is another text
  } rows[] = {
      {"stun:example.org", Scheme::stun, "example.org", 3478, Transport::udp},
      {"stun:example.org:3478", Scheme::stun, "example.org", 3478, Transport::udp,
       "stun:example.org"},
      {"stun://192.0.2.1:19302", Scheme::stun, "192.0.2.1", 19302, Transport::udp,
       "stun:192.0.2.1:19302"},
      {"stuns:example.org", Scheme::stuns, "example.org", 5349, Transport::tls},
      {"STUN:Example.org", Scheme::stun, "Example.org", 3478, Transport::udp, "stun:Example.org"},
      {"turn:example.org", Scheme::turn, "example.org", 3478, Transport::udp},
      {"turn:example.org?transport=udp", Scheme::turn, "example.org", 3478, Transport::udp},
      {"turn:example.org:80?transport=tcp", Scheme::turn, "example.org", 80, Transport::tcp},
      {"turn:example.org?transport=TCP", Scheme::turn, "example.org", 3478, Transport::tcp,
       "turn:example.org?transport=tcp"},
      {"turns:example.org", Scheme::turns, "example.org", 5349, Transport::tls},
      {"turns:example.org:443?transport=tcp", Scheme::turns, "example.org", 443, Transport::tls},
      {"turn:[2001:db8::1]:3479", Scheme::turn, "2001:db8::1", 3479, Transport::udp},
      {"stun:[::1]", Scheme::stun, "::1", 3478, Transport::udp},
      {"stun:h:65535", Scheme::stun, "h", 65535, Transport::udp},
      {"stun:_turn.my-host.local.", Scheme::stun, "_turn.my-host.local.", 3478, Transport::udp},
  };
  for (const auto &row : rows) {
    const auto uri = parse_ice_uri(row.text);
    ASSERT_TRUE(uri) << uri.error().message;
    EXPECT_EQ(uri->scheme, row.scheme) << row.text;
    EXPECT_EQ(uri->host, row.host) << row.text;
    EXPECT_EQ(uri->port, row.port) << row.text;
    EXPECT_EQ(uri->transport, row.transport) << row.text;
    EXPECT_EQ(to_string(*uri), row.written ? row.written : row.text);
    EXPECT_EQ(uri->username + uri->credential, "");
  }
}

TEST(IceUri, ReadsUserAndPassword) {
  const struct {
    const char *text, *username, *credential;
    const char *written = "turn:h";
  } rows[] = {
      {"turn:user:pass@h", "user", "pass"},
      {"turn://user:pass@h:3478", "user", "pass"},
      {"turn:1700000000%3Aalice:a%2Bb%2F%3D@h", "1700000000:alice", "a+b/="},
      {"turn:u:p:with:colons@h", "u", "p:with:colons"},
      {"turn:u:p@ss@h", "u", "p@ss"},
      {"turn:u:p?a/b@h", "u", "p?a/b"},
      {"turn:%C3%A9:%E2%82%AC@h", "\u00e9", "\u20ac"},
      {"turns:u:p@[2001:db8::1]:443?transport=tcp", "u", "p",
       "turns:[2001:db8::1]:443?transport=tcp"},
  };
  for (const auto &row : rows) {
    const auto uri = parse_ice_uri(row.text);
    ASSERT_TRUE(uri) << uri.error().message;
    EXPECT_EQ(uri->username, row.username) << row.text;
    EXPECT_EQ(uri->credential, row.credential) << row.text;
    EXPECT_EQ(to_string(*uri), row.written);
  }
}

TEST(IceUri, SaysWhatIsWrong) {
  const struct {
    const char *text, *words;
  } rows[] = {
      {"", "none of stun: stuns: turn: turns:"},
      {":", "none of stun:"},
      {"example.org", "none of stun:"},
      {"example.org:3478", "none of stun:"},
      {"http://example.org", "none of stun:"},
      {"stunx:h", "none of stun:"},
      {" stun:h", "none of stun:"},
      {"stun", "none of stun:"},
      {"stun:", "the host is missing"},
      {"stun://", "the host is missing"},
      {"turn:u:p@", "the host is missing"},
      {"turn::3478", "the host is missing"},
      {"turn:?transport=udp", "the host is missing"},
      {"stun:h:", "a port is a number"},
      {"stun:h:0", "a port is a number"},
      {"stun:h:65536", "a port is a number"},
      {"stun:h:99999999999999999999", "a port is a number"},
      {"stun:h:-1", "a port is a number"},
      {"stun:h:+1", "a port is a number"},
      {"stun:h:1a", "a port is a number"},
      {"stun:h:34 78", "a port is a number"},
      {"stun:h/", "no name and no address"},
      {"stun:h/path", "no name and no address"},
      {"stun:h#f", "no name and no address"},
      {"stun:a b", "no name and no address"},
      {"stun:h\n", "no name and no address"},
      {"stun:\xff\xfe", "no name and no address"},
      {"stun:2001:db8::1", "IPv6 address is written in brackets"},
      {"turn:u:p@2001:db8::1:3478", "IPv6 address is written in brackets"},
      {"stun:[2001:db8::1", "the \"]\""},
      {"stun:[2001:db8::1]x", "only a port may follow"},
      {"stun:[2001:db8::1]:", "a port is a number"},
      {"stun:[192.0.2.1]", "no IPv6 address"},
      {"stun:[nonsense]", "no IPv6 address"},
      {"stun:[]", "no IPv6 address"},
      {"stun:h?transport=udp", "only turn: and turns:"},
      {"stuns:h?transport=tcp", "only turn: and turns:"},
      {"turn:h?", "transport=udp or transport=tcp"},
      {"turn:h?transport", "transport=udp or transport=tcp"},
      {"turn:h?transport=", "transport=udp or transport=tcp"},
      {"turn:h?transport=tls", "transport=udp or transport=tcp"},
      {"turn:h?transport=udp&x=1", "transport=udp or transport=tcp"},
      {"turn:h?x=1", "transport=udp or transport=tcp"},
      {"turns:h?transport=udp", "DTLS"},
      {"stun:u:p@h", "STUN server takes no user"},
      {"turn:u@h", "user:password"},
      {"turn:u:@h", "user:password"},
      {"turn::p@h", "user:password"},
      {"turn:@h", "user:password"},
      {"turn:u:100%@h", "percent-encoded"},
      {"turn:u:%zz@h", "percent-encoded"},
      {"turn:u%00:p@h", "percent-encoded"},
      {"turn:%ff:p@h", "percent-encoded"},
  };
  for (const auto &row : rows) {
    const auto uri = parse_ice_uri(row.text);
    ASSERT_FALSE(uri) << row.text;
    EXPECT_EQ(uri.error().kind, Error::Kind::settings);
    EXPECT_NE(uri.error().message.find(row.words), std::string::npos)
        << row.text << ": " << uri.error().message;
    EXPECT_NE(uri.error().message.find("; write stun:host:port or "), std::string::npos);
  }
  EXPECT_FALSE(parse_ice_uri("stun:" + std::string(254, 'a')));
  const auto huge = parse_ice_uri("turn:u:p@" + std::string(100000, 'a'));
  ASSERT_FALSE(huge);
  EXPECT_LT(huge.error().message.size(), 500u);
}

TEST(IceUri, NeverShowsAPassword) {
  for (const char *text :
       {"turn:u:sesame@h:x", "turn:u:sesame@", "turn:u:se@sesame@h:x", "turn:u:ses@ame:sesame@h:0",
        "stun:u:sesame@h", "u:sesame@h", "turn:u:sesame", "turn://u:sesame", "http://u:sesame@h",
        "sesame@h", "turn:u:sesame@2001:db8::1", "turn:u:sesame%@h", "turn:u:a/sesame@h:x",
        "turn:u:a?sesame@h:x", "turn:h?password=sesame"}) {
    const auto uri = parse_ice_uri(text);
    ASSERT_FALSE(uri) << text;
    EXPECT_EQ(uri.error().message.find("sesame"), std::string::npos) << uri.error().message;
    EXPECT_NE(uri.error().message.find("***"), std::string::npos) << uri.error().message;
  }
  EXPECT_EQ(redact_ice_uri("turn:u:p@h:3478?transport=tcp"), "turn:***@h:3478?transport=tcp");
  EXPECT_EQ(redact_ice_uri("turn:[2001:db8::1]:3478"), "turn:[2001:db8::1]:3478");
}

}  // namespace
}  // namespace rtc
