// Certificates for servers and trusted authorities for clients, from PEM files, through GIO's TLS
// backend (glib-networking). Every failure names the file and the remedy.
#pragma once

#include <gio/gio.h>

#include <string>

#include "base/error.hpp"
#include "base/ref.hpp"

namespace rtc {

Result<Ref<GTlsCertificate>> load_certificate(const std::string &certificate_file,
                                              const std::string &key_file);

// The authorities in `ca_file`; a null database (the system's authorities) when it is empty.
Result<Ref<GTlsDatabase>> load_authorities(const std::string &ca_file);

}  // namespace rtc
