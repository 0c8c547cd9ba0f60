// How long a test waits for a state before it calls a defect what does not come.
#pragma once

#include <chrono>

namespace rtc::test {

// Under a sanitizer everything takes several times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr auto deadline = std::chrono::seconds(80);
#else
constexpr auto deadline = std::chrono::seconds(20);
#endif

}  // namespace rtc::test
