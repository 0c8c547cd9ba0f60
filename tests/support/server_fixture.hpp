// A server on a free port of the loopback interface, on its own loop.
#pragma once

#include <gtest/gtest.h>

#include "server/server.hpp"
#include "support/raw_client.hpp"

namespace rtc::test {

inline ServerSettings any_port() {
  ServerSettings settings;
  settings.listen = "127.0.0.1:0";
  return settings;
}

class ServerFixture : public testing::Test {
 protected:
  void start(const ServerSettings &settings = any_port()) {
    error_ = {};
    loop_.call([&] {
      auto server = Server::start(loop_, settings);
      if (server)
        server_ = std::move(*server);
      else
        error_ = server.error();
    });
    if (server_) port_ = server_->port();
  }
  void TearDown() override {
    loop_.call([&] { server_.reset(); });
  }
  // The body of a plain GET; the status goes to status_.
  std::string get(const std::string &path, const std::string &headers = "",
                  const std::string &method = "GET") {
    RawClient client(port_);
    client.request(method + " " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + headers +
                   "\r\n");
    status_ = client.status();
    head_ = client.head();
    return client.body();
  }
  // How many peers the server counts.
  bool counts(const std::string &line) {
    return get("/metrics").find("\n" + line + "\n") != std::string::npos;
  }

  EventLoop loop_{"test"};
  std::unique_ptr<Server> server_;
  Error error_;
  unsigned port_ = 0;
  int status_ = 0;
  std::string head_;
};

}  // namespace rtc::test
