// The page and its files, built into the library as a GResource, with the headers a browser wants.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "net/http_server.hpp"

namespace rtc {

class Pages {
 public:
  Pages();
  // The file at `path` ("/" is the page); nothing where there is none.
  std::optional<HttpResponse> get(const std::string &path, const std::string &if_none_match) const;

 private:
  struct File {
    const char *type;
    std::string body;
    std::string etag;
  };
  void load(const std::string &name);

  std::map<std::string, File> files_;  // by path
  std::string policy_;                 // Content-Security-Policy
};

}  // namespace rtc
