// Measurements of delay: how long connecting takes, step by step, and how long a frame is on its
// way from the moment it is made to the moment it is shown.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace rtc::bench {

struct ConnectTimes {
  // Milliseconds after connect, by step; of the first viewer of a fresh publisher process and, the
  // median, of later ones.
  std::map<std::string, double> first;
  std::map<std::string, double> later;
};

// `viewers` connect one after another.
Result<ConnectTimes> run_connect(const std::string &kind, const std::string &input, int viewers);

struct GlassPlan {
  std::string kind;       // of publisher: rtcsink, baseline, chromium
  std::string viewer;     // rtcsrc or chromium
  std::string puppeteer;  // folder of node modules
  std::string script;     // chromium_viewer.mjs
  seconds duration{10};
};

// Milliseconds of every frame.
Result<std::vector<double>> run_glass(const GlassPlan &plan);

// `part` from 0 to 1; 0 for no values.
double percentile(std::vector<double> values, double part);

}  // namespace rtc::bench
