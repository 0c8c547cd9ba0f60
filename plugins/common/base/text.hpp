// Small text helpers shared by the rooms (pure).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rtc {

// printf into a std::string.
[[gnu::format(printf, 1, 2)]] std::string format(const char *pattern, ...);

// Splits at `separator`; empty parts are dropped and blanks around a part are trimmed.
std::vector<std::string> split(std::string_view text, char separator);

std::string join(const std::vector<std::string> &parts, std::string_view separator);

bool iequals(std::string_view a, std::string_view b);

// 128 random bits as 32 hexadecimal digits, from the system's generator: unguessable.
std::string random_id();

// Compares without telling by its duration where the difference is.
bool equal_secret(std::string_view a, std::string_view b);

}  // namespace rtc
