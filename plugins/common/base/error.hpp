// Errors as values: what the user should do, and what happened, kept apart until an element turns
// them into a GStreamer error message.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace rtc {

struct Error {
  enum class Kind {
    failed,           // the peer, the network or an element gave up; trying again may help
    settings,         // a property or option is wrong; trying again cannot help
    not_found,        // a server, stream, peer or device is not there
    refused,          // the other side said no: token, limit, name taken
    missing_element,  // a GStreamer plugin is not installed
    protocol,         // the other side sent what it must not send
  };

  Kind kind = Kind::failed;
  std::string message;  // for the user: the cause and the remedy, no secrets
  std::string detail;   // for the developer: what was called and what it returned
};

// A value or the Error that came instead of it.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: a function returns either as it is
  Result(Error error) : state_(std::move(error)) {}  // NOLINT

  explicit operator bool() const { return state_.index() == 0; }
  T &operator*() { return std::get<0>(state_); }
  const T &operator*() const { return std::get<0>(state_); }
  T *operator->() { return &std::get<0>(state_); }
  const T *operator->() const { return &std::get<0>(state_); }
  const Error &error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace rtc
