// Fan-out measurements as a table and as JSON.
#pragma once

#include <string>
#include <vector>

#include "fanout_run.hpp"

namespace rtc::bench {

void print_header();
void print_row(const FanoutResult &result);
// CPU per viewer of rtcsink divided by each baseline's, at every count.
void print_ratios(const std::vector<FanoutResult> &results);

// False when the file cannot be written.
bool write_json(const std::vector<FanoutResult> &results, const std::string &file);

}  // namespace rtc::bench
