#include "net/tls.hpp"

#include <filesystem>

namespace rtc {

namespace {

bool have_tls() { return g_tls_backend_supports_tls(g_tls_backend_get_default()); }

Error no_tls() {
  return {Error::Kind::missing_element,
          "TLS is not available: install the package glib-networking.",
          "g_tls_backend_supports_tls is false"};
}

Error bad_file(const std::string &file, const char *what, const GError *error) {
  return {Error::Kind::settings,
          std::string(what) + " \"" + file + "\" cannot be used: " + error->message +
              ". Give a readable PEM file.",
          g_quark_to_string(error->domain)};
}

// GLib's message for a missing or unreadable file does not say which of the two files it was.
bool readable(const std::string &file) {
  std::error_code code;
  return std::filesystem::is_regular_file(file, code);
}

Error no_file(const std::string &file, const char *what) {
  return {Error::Kind::settings,
          std::string(what) + " \"" + file + "\" does not exist; give the path of a PEM file.",
          {}};
}

}  // namespace

Result<Ref<GTlsCertificate>> load_certificate(const std::string &certificate_file,
                                              const std::string &key_file) {
  if (certificate_file.empty() || key_file.empty())
    return Error{Error::Kind::settings,
                 "A TLS server needs both a certificate and a key; the " +
                     std::string(key_file.empty() ? "key" : "certificate") + " is missing.",
                 {}};
  if (!have_tls()) return no_tls();
  if (!readable(certificate_file)) return no_file(certificate_file, "The TLS certificate");
  if (!readable(key_file)) return no_file(key_file, "The TLS key");
  GError *raw = nullptr;
  auto certificate =
      adopt(g_tls_certificate_new_from_files(certificate_file.c_str(), key_file.c_str(), &raw));
  const ErrorPtr error(raw);
  if (!certificate)
    return bad_file(certificate_file + "\" with the key \"" + key_file, "The TLS certificate", raw);
  return certificate;
}

Result<Ref<GTlsDatabase>> load_authorities(const std::string &ca_file) {
  if (!have_tls()) return no_tls();
  if (ca_file.empty()) return Ref<GTlsDatabase>();
  if (!readable(ca_file)) return no_file(ca_file, "The file of TLS authorities");
  // The database resolves relative names against the root of the file system.
  GError *raw = nullptr;
  auto database = adopt(g_tls_file_database_new(std::filesystem::absolute(ca_file).c_str(), &raw));
  const ErrorPtr error(raw);
  if (!database) return bad_file(ca_file, "The file of TLS authorities", raw);
  return share(G_TLS_DATABASE(database.get()));
}

}  // namespace rtc
