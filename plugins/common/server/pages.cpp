#include "server/pages.hpp"

#include <array>
#include <mutex>

#include "base/text.hpp"

extern "C" {  // the generated header is C only
#include "server/web-resources.h"
}

namespace rtc {

namespace {

const std::string prefix = "/org/gst-rtc/web/";

GResource *resource() {
  static std::once_flag once;
  std::call_once(once, rtc_web_register_resource);
  return rtc_web_get_resource();
}

const char *type_of(std::string_view name) {
  static constexpr struct {
    std::string_view ending;
    const char *type;
  } rows[] = {
      {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
      {".json", "application/json"},         {".png", "image/png"},
  };
  for (const auto &row : rows)
    if (name.ends_with(row.ending)) return row.type;
  return "application/octet-stream";
}

std::string sha256_base64(std::string_view text) {
  std::array<guint8, 32> digest;
  gsize size = digest.size();
  const std::unique_ptr<GChecksum, Freer<g_checksum_free>> sum(g_checksum_new(G_CHECKSUM_SHA256));
  g_checksum_update(sum.get(), reinterpret_cast<const guchar *>(text.data()),
                    static_cast<gssize>(text.size()));
  g_checksum_get_digest(sum.get(), digest.data(), &size);
  return CharPtr(g_base64_encode(digest.data(), size)).get();
}

// The hashes of the page's own inline scripts: nobody else's run in it.
std::string inline_scripts(std::string_view html) {
  static constexpr std::string_view open = "<script>", close = "</script>";
  std::string sources;
  for (auto at = html.find(open); at != std::string_view::npos; at = html.find(open, at)) {
    at += open.size();
    const auto end = html.find(close, at);
    sources += " 'sha256-" + sha256_base64(html.substr(at, end - at)) + "'";
  }
  return sources;
}

}  // namespace

Pages::Pages() {
  char **names = g_resource_enumerate_children(resource(), prefix.c_str(),
                                               G_RESOURCE_LOOKUP_FLAGS_NONE, nullptr);
  for (char **name = names; name && *name; name++) load(*name);
  g_strfreev(names);
  if (const auto index = files_.find("/index.html"); index != files_.end())
    files_["/"] = index->second;
  policy_ =
      "default-src 'self'; script-src 'self'" + inline_scripts(files_["/"].body) +
      "; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
      "connect-src 'self' http: https: ws: wss:; base-uri 'none'; form-action 'self'; "
      "object-src 'none'; frame-ancestors 'self'";
}

void Pages::load(const std::string &name) {
  auto bytes = adopt(g_resource_lookup_data(resource(), (prefix + name).c_str(),
                                            G_RESOURCE_LOOKUP_FLAGS_NONE, nullptr));
  if (!bytes) return;
  gsize size = 0;
  const auto *data = static_cast<const char *>(g_bytes_get_data(bytes.get(), &size));
  std::string body(data, size);
  auto etag = "\"" + sha256_base64(body).substr(0, 22) + "\"";
  files_["/" + name] = {type_of(name), std::move(body), std::move(etag)};
}

std::optional<HttpResponse> Pages::get(const std::string &path,
                                       const std::string &if_none_match) const {
  const auto found = files_.find(path);
  if (found == files_.end()) return std::nullopt;
  const auto &file = found->second;
  HttpResponse response;
  response.headers = {{"Cache-Control", "no-cache"},        {"ETag", file.etag},
                      {"Access-Control-Allow-Origin", "*"}, {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},   {"Content-Security-Policy", policy_}};
  if (if_none_match == "*" || if_none_match.find(file.etag) != std::string::npos) {
    response.status = 304;
    return response;
  }
  response.type = file.type;
  response.body = file.body;
  return response;
}

}  // namespace rtc
