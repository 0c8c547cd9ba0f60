// Runs one probe of a STUN or TURN server and waits for its report.
#pragma once

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "ice/server_probe.hpp"
#include "support/deadline.hpp"
#include "support/on_loop.hpp"

namespace rtc::test {

inline ServerProbeSettings to(const std::string &url, const std::string &username = "",
                              const std::string &credential = "") {
  ServerProbeSettings settings;
  // Under a sanitizer the certificates of the system take seconds to read.
  settings.timeout = deadline / 2;
  const auto uri = parse_ice_uri(url);
  EXPECT_TRUE(uri) << url;
  if (uri) settings.uri = *uri;
  settings.username = username;
  settings.credential = credential;
  return settings;
}

class ProbeFixture : public testing::Test {
 protected:
  ServerReport run(const ServerProbeSettings &settings) {
    Watched<std::optional<ServerReport>> got;
    OnLoop<ServerProbe> probe(loop_, [&] {
      return std::make_unique<ServerProbe>(loop_, settings, [&](ServerReport report) {
        got.change([&](auto &state) { state = std::move(report); });
      });
    });
    EXPECT_TRUE(got.wait([](const auto &state) { return state.has_value(); }));
    return got.read().value_or(ServerReport{});
  }
  static bool mentions(const ServerReport &report, const std::string &words) {
    return report.error.message.find(words) != std::string::npos;
  }

  EventLoop loop_{"probe"};
};

}  // namespace rtc::test
