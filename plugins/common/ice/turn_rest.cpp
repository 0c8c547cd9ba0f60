#include "ice/turn_rest.hpp"

#include <glib.h>

#include <array>

#include "base/ref.hpp"

namespace rtc {

TurnCredentials mint_turn_credentials(const TurnRest &rest, const std::string &name,
                                      int64_t unix_now) {
  TurnCredentials minted;
  minted.username = std::to_string(unix_now + rest.ttl.count()) + ":" + name;
  const std::unique_ptr<GHmac, Freer<g_hmac_unref>> hmac(g_hmac_new(
      G_CHECKSUM_SHA1, reinterpret_cast<const guchar *>(rest.secret.data()), rest.secret.size()));
  g_hmac_update(hmac.get(), reinterpret_cast<const guchar *>(minted.username.data()),
                static_cast<gssize>(minted.username.size()));
  std::array<guint8, 20> digest;
  gsize size = digest.size();
  g_hmac_get_digest(hmac.get(), digest.data(), &size);
  minted.credential = CharPtr(g_base64_encode(digest.data(), size)).get();
  return minted;
}

bool add_turn_credentials(IceServers &servers, const TurnRest &rest, const std::string &name,
                          int64_t unix_now) {
  if (rest.secret.empty()) return false;
  const auto minted = mint_turn_credentials(rest, name, unix_now);
  bool added = false;
  for (auto &server : servers) {
    if (!lacks_credentials(server)) continue;
    server.username = minted.username;
    server.credential = minted.credential;
    added = true;
  }
  return added;
}

}  // namespace rtc
